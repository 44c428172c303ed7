import type { JsonObject, JsonValue } from '@backstage/types';
import { mapTexts } from '../lib/values';
import {
  checkEntity,
  isWithin,
  type ValidationSettings,
} from './createEntityValidator';
import { adviseMapping, type Fault } from './faults';
import { ADVICE } from './kindFaults';

/** Stands for what a record gives: valid as a name, a tag, a label and a ref. */
const SAMPLE = 'x';

/** A kind whose `spec` is not known. */
const SAMPLE_KIND = 'SampleKind';

/**
 * What is wrong with a template whatever a record gives. Texts with an
 * expression are filled with samples, or left out where a sample is not valid,
 * and only faults elsewhere count.
 */
export async function findTemplateFaults(
  template: JsonObject,
  settings: ValidationSettings,
): Promise<Fault[]> {
  const open = openPaths(template);
  const leftOut = new Set<string>();
  const found = new Map<string, Fault>();
  const kinds = open.includes('kind')
    ? [...settings.kinds, SAMPLE_KIND]
    : settings.kinds;
  for (;;) {
    const sample = fill(template, path =>
      leftOut.has(path) ? undefined : sampleAt(path),
    );
    const { faults } = await checkEntity(sample, { ...settings, kinds });
    const isOpen = ({ path }: Fault) => open.some(at => isWithin(path, at));
    // What a list or an object lacks may be what was left out of it, which also
    // moves the other members of a list.
    const mayBeLeftOut = ({ path }: Fault) =>
      [...leftOut].some(
        at => isWithin(at, path) || isWithin(path, at.replace(/\[\d+\]$/, '')),
      );
    faults
      .filter(fault => !isOpen(fault) && !mayBeLeftOut(fault))
      .forEach(fault => found.set(fault.path, fault));
    const next = open.filter(
      at => !leftOut.has(at) && faults.some(({ path }) => isWithin(path, at)),
    );
    if (next.length === 0) {
      return [...found.values()].map(describe);
    }
    next.forEach(at => leftOut.add(at));
  }
}

function openPaths(template: JsonObject): string[] {
  const paths: string[] = [];
  fill(template, path => {
    paths.push(path);
    return undefined;
  });
  return paths;
}

function fill(
  template: JsonObject,
  sampleOf: (path: string) => JsonValue | undefined,
): JsonObject {
  return mapTexts(template, '', (text, path) =>
    text.includes('${{') ? sampleOf(path) : text,
  ) as JsonObject;
}

function sampleAt(path: string): string {
  return path === 'kind' ? SAMPLE_KIND : SAMPLE;
}

function describe({ value, ...fault }: Fault): Fault {
  const advice = fault.reason.startsWith('is missing')
    ? 'set it in the template; an environment variable that is not set makes its key vanish'
    : 'correct it in the template';
  const advised = fault.advice === ADVICE ? { ...fault, advice } : fault;
  const given = value === undefined ? '' : ` (${value})`;
  return { ...fault, reason: `${adviseMapping(advised)}${given}` };
}
