import type { SenderSettings } from '../../config/sender';
import type { DialectName, SignatureName } from '../../config/signatures';
import { fluxSignature, githubSignature } from '../signatures/bodySignature';
import { catalogSignature } from '../signatures/catalogSignature';
import type { SignatureForm } from '../signatures/signature';
import { standardWebhooksSignature } from '../signatures/standardWebhooksSignature';
import { cdeventsFormat } from './cdevents';
import { readAsAdded, type WebhookDialect } from './customDialect';
import type { Dialect } from './dialect';
import { fluxFormat } from './flux';
import { githubFormat } from './github';
import { gitlabFormat } from './gitlab';
import { jsonFormat, withMapping } from './mapped';
import {
  createBodyReader,
  type Format,
  plainFormat,
  readJsonAs,
} from './payload';
import { standardWebhooksFormat } from './standardWebhooks';

export const SIGNATURES: Record<SignatureName, SignatureForm> = {
  catalog: catalogSignature,
  'standard-webhooks': standardWebhooksSignature,
  github: githubSignature,
  flux: fluxSignature,
};

/** A sender is set to one of these; it is never guessed from a request. */
const FORMATS: Record<DialectName, Format> = {
  catalog: plainFormat,
  'standard-webhooks': standardWebhooksFormat,
  cdevents: cdeventsFormat,
  flux: fluxFormat,
  github: githubFormat,
  gitlab: gitlabFormat,
  json: jsonFormat,
};

/** The formats that other modules have added, by name. */
export type AddedDialects = ReadonlyMap<string, WebhookDialect>;

/**
 * The dialect that a sender is set to: a signature and a format of bodies.
 * Throws an `ExpressionError` for a mapping that cannot be used.
 */
export function createDialect(options: {
  sender: SenderSettings;
  now: () => Date;
  added?: AddedDialects;
}): Dialect {
  const { sender, added } = options;
  const signature = SIGNATURES[sender.signature];
  const custom = added?.get(sender.dialect);
  return {
    readSignature: headers => signature.read(headers, sender),
    contentHeaders: signature.idHeader
      ? [signature.idHeader.toLowerCase()]
      : [],
    readBody: createBodyReader({
      ...options,
      ...signature,
      read: custom ? readAsAdded(custom) : readJsonAs(formatOf(sender)),
    }),
  };
}

function formatOf({ dialect, mapping }: SenderSettings): Format {
  const format = FORMATS[dialect as DialectName] ?? plainFormat;
  return mapping ? withMapping(format, mapping) : format;
}
