import type { SenderSettings } from '../../config/sender';
import type { SignatureName } from '../../config/signatures';
import { fluxSignature, githubSignature } from '../signatures/bodySignature';
import { catalogSignature } from '../signatures/catalogSignature';
import type { SignatureForm } from '../signatures/signature';
import { standardWebhooksSignature } from '../signatures/standardWebhooksSignature';
import type { Dialect } from './dialect';
import { createBodyReader, type Format, plainFormat } from './payload';
import { standardWebhooksFormat } from './standardWebhooks';

export const SIGNATURES: Record<SignatureName, SignatureForm> = {
  catalog: catalogSignature,
  'standard-webhooks': standardWebhooksSignature,
  github: githubSignature,
  flux: fluxSignature,
};

/** A sender is set to one of these; it is never guessed from a request. */
const FORMATS: Record<string, Format> = {
  catalog: plainFormat,
  'standard-webhooks': standardWebhooksFormat,
};

/** The dialect that a sender is set to: a signature and a format of bodies. */
export function createDialect(options: {
  sender: SenderSettings;
  now: () => Date;
}): Dialect {
  const { sender } = options;
  const signature = SIGNATURES[sender.signature];
  return {
    readSignature: headers => signature.read(headers, sender),
    readBody: createBodyReader({
      ...options,
      ...signature,
      format: FORMATS[sender.dialect],
    }),
  };
}
