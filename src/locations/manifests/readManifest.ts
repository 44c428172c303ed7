import { InputError } from '@backstage/errors';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { quoteValue } from '../../lib/values';

/** What a `Location` manifest has the catalog read. */
export interface LocationManifest {
  name: string;
  /** What kind of locations the targets are; `url` by default. */
  type: string;
  /** Each once, in the order of the manifest. */
  targets: string[];
  /** Targets that stand in the manifest more than once. */
  repeated: string[];
}

const target = z.string().min(1).max(2000);

const manifest = z
  .looseObject({
    kind: z.literal('Location'),
    metadata: z.looseObject({ name: z.string().min(1).max(63) }),
    spec: z.looseObject({
      type: z.string().min(1).max(63).default('url'),
      target: target.optional(),
      targets: z.array(target).max(100).default([]),
    }),
  })
  .refine(({ spec }) => spec.target !== undefined || spec.targets.length > 0, {
    path: ['spec', 'targets'],
    error: 'names nothing; give the URLs of catalog-info.yaml files',
  });

/** One line that is nothing but a comment: what `curl -d @file` makes of a manifest. */
const ONE_COMMENT = /^\s*#[^\n]*kind:\s*Location[^\n]*$/;

/** Whether a text is meant as a `Location` manifest, by how it begins. */
export function isManifest(beginning: string): boolean {
  return (
    /^kind:\s*["']?Location\b/m.test(beginning) || ONE_COMMENT.test(beginning)
  );
}

/**
 * Reads the YAML of a `Location` manifest.
 *
 * @throws InputError where something is wrong with it.
 */
export function readManifest(text: string): LocationManifest {
  if (ONE_COMMENT.test(text)) {
    throw new InputError(
      'The manifest arrived on one line, so that all of it is a comment: "curl -d @file" takes the line breaks out. Send it with "--data-binary @file"',
    );
  }
  const documents = [...parseAllDocuments(text, { logLevel: 'silent' })];
  const [error] = documents.flatMap(document => document.errors);
  if (error) {
    throw new InputError(`The body is not YAML: ${error.message}`);
  }
  const values = documents
    .map(document => document.toJS())
    .filter(value => value !== null);
  if (values.length !== 1) {
    throw new InputError(
      `The body has ${values.length} YAML documents; send one Location at a time`,
    );
  }
  return toManifest(values[0]);
}

/** The same for a body that was parsed already. */
export function toManifest(value: unknown): LocationManifest {
  const parsed = manifest.safeParse(value);
  if (!parsed.success) {
    throw new InputError(
      parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; '),
    );
  }
  const { metadata, spec } = parsed.data;
  const named = [spec.target ?? [], spec.targets].flat();
  const targets = [...new Set(named)];
  return {
    name: metadata.name,
    type: spec.type,
    targets,
    repeated: targets.filter(
      each => named.indexOf(each) !== named.lastIndexOf(each),
    ),
  };
}

/** Where `*` stands for something that the catalog does not expand. */
const WILDCARD_BEFORE_PATH =
  /^https?:\/\/[^/]+\/(?:[^/]*\*|[^/]+\/[^/]*\*)[^/]*\//;

/** What a wildcard in a target does; undefined for a target without one. */
export function explainWildcard(url: string): string | undefined {
  if (!url.includes('*')) {
    return undefined;
  }
  return WILDCARD_BEFORE_PATH.test(url)
    ? `The catalog expands "*" in the path within a repository, and in no name of an owner or a repository, so it reads nothing from ${quoteValue(
        url,
      )}. A discovery provider of the host, such as GithubEntityProvider, finds repositories`
    : 'The catalog expands "*" in the path within the repository with each refresh, where the host of the URL can be searched';
}
