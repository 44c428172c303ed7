import type {
  MisconfiguredSender,
  SenderSecret,
  SenderSettings,
} from '../../config/settings';
import type { SenderReport } from '../sender';

type SecretReport = SenderReport['secrets'][number];

/** A sender as people see it; of its secrets everything but what is secret. */
export function reportSender(options: {
  sender: SenderSettings;
  /** Where it was paused at run time. */
  paused?: { by: string; at: Date };
  /** When which of its secrets was used last. */
  uses: Array<{ secretId: string; at: Date }>;
  now: Date;
}): SenderReport {
  const { sender, paused, uses, now } = options;
  return {
    name: sender.name,
    state: sender.paused || paused ? 'paused' : 'active',
    dialect: sender.dialect,
    entity: sender.entity,
    paused: paused && { by: paused.by, at: paused.at.toISOString() },
    secrets: sender.secrets.map(secret =>
      reportSecret({
        secret,
        usedAt: uses.find(({ secretId }) => secretId === secret.id)?.at,
        now,
      }),
    ),
  };
}

/** One that does nothing, and the key that is at fault. */
export function reportMisconfigured(sender: MisconfiguredSender): SenderReport {
  return {
    name: sender.name,
    state: 'misconfigured',
    reason: `${sender.key}: ${sender.reason}`,
    entity: sender.entity,
    secrets: [],
  };
}

function reportSecret(options: {
  secret: SenderSecret;
  usedAt?: Date;
  now: Date;
}): SecretReport {
  const { secret, usedAt, now } = options;
  return {
    id: secret.id,
    state: stateOf(secret, now),
    notBefore: secret.notBefore?.toISOString(),
    notAfter: secret.notAfter?.toISOString(),
    rotateBy: secret.rotateBy?.toISOString(),
    overdue: secret.rotateBy !== undefined && secret.rotateBy <= now,
    lastUsedAt: usedAt?.toISOString(),
  };
}

function stateOf(
  { notBefore, notAfter }: SenderSecret,
  now: Date,
): SecretReport['state'] {
  if (notAfter && notAfter <= now) {
    return 'expired';
  }
  return notBefore && notBefore > now ? 'not-yet-valid' : 'valid';
}
