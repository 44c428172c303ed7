import { textKey, webhookKey } from './secrets';

/** How requests can be signed with an HMAC, and how the secrets of each are written. */
export const SIGNATURE_SECRETS = {
  catalog: textKey,
  'standard-webhooks': webhookKey,
  github: textKey,
  flux: textKey,
};

export type SignatureName = keyof typeof SIGNATURE_SECRETS;

export const SIGNATURE_NAMES = Object.keys(SIGNATURE_SECRETS) as [
  SignatureName,
  ...SignatureName[],
];

/** The formats of bodies, and how those who send them sign. */
export const DIALECT_SIGNATURES = {
  catalog: 'catalog',
  'standard-webhooks': 'standard-webhooks',
  cdevents: 'catalog',
  flux: 'flux',
  github: 'github',
  gitlab: 'standard-webhooks',
  json: 'catalog',
} satisfies Record<string, SignatureName>;

export type DialectName = keyof typeof DIALECT_SIGNATURES;

export const DIALECT_NAMES = Object.keys(DIALECT_SIGNATURES) as [
  DialectName,
  ...DialectName[],
];

/** By which the entity of a repository is found. */
export function repositoryAnnotationOf(dialect: string): string {
  return dialect === 'gitlab'
    ? 'gitlab.com/project-slug'
    : 'github.com/project-slug';
}

/** How those sign who send a format; like the default one where it is not known. */
export function signatureOf(dialect: unknown): SignatureName {
  const known: Record<string, SignatureName> = DIALECT_SIGNATURES;
  return known[String(dialect)] ?? 'catalog';
}
