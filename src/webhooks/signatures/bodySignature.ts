import { readHexSignature } from './hexSignature';
import type { SignatureForm } from './signature';

/** The hex HMAC of the body alone, as GitHub and Flux send it: no time is signed. */
function bodySignature(header: string, idHeader?: string): SignatureForm {
  return {
    idHeader,
    read(headers) {
      const mac = readHexSignature(headers, header);
      return 'code' in mac
        ? mac
        : { type: 'readable', prefix: '', macs: [mac] };
    },
  };
}

export const githubSignature = bodySignature(
  'x-hub-signature-256',
  'X-GitHub-Delivery',
);

/** Flux sends no id. */
export const fluxSignature = bodySignature('x-signature');
