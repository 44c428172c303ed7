import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import {
  DEFAULT_SEVERITIES,
  type FindingCode,
} from '../../config/catalogCheck';
import { escapeControls } from '../../lib/values';
import { relationEdges } from '../relationEdges';
import { acrossFaults, type GivenEntity, type Outside } from './acrossFaults';
import {
  checkEntityOfFile,
  type EntityRules,
  MAX_FAULTS,
} from './checkEntityOfFile';
import type { FileFault, Finding, Skipped } from './finding';
import {
  composeDocuments,
  type EntityDocument,
  parseDocuments,
} from './parseDocuments';
import { createPositions, offsetOf, type Position } from './positions';
import { readReferences, refOf, relativeTargets } from './references';
import { isBrokenSkeleton, isSkeleton, mayBeSkeleton } from './skeletons';

/** Larger files are no manifests. */
export const MAX_FILE_BYTES = 5_000_000;

const SKELETON = 'the skeleton of a template';

/** Checks the texts of files one by one, and then all of them together. */
export class FileChecker {
  /** Those that were checked. */
  readonly files: string[] = [];
  readonly findings: Finding[] = [];
  readonly skipped: Skipped[] = [];
  readonly #rules: EntityRules;
  readonly #given: GivenEntity[] = [];
  readonly #texts = new Map<string, string>();

  constructor(rules: EntityRules) {
    this.#rules = rules;
  }

  async check(file: string, bytes: Buffer): Promise<void> {
    const text = decode(bytes);
    if (text === undefined) {
      this.refuse(file, 'file-encoding', 'is not UTF-8; save it as UTF-8');
      return;
    }
    const { documents, faults } = parseDocuments(text);
    if (faults.length && isBrokenSkeleton(text)) {
      this.skipped.push({ file, reason: SKELETON });
      return;
    }
    this.files.push(file);
    const at = createPositions(text);
    for (const { offset, ...fault } of faults) {
      this.#add({ ...fault, path: '' }, { file, at: at(offset) });
    }
    const mayBe = mayBeSkeleton(text);
    for (const document of documents) {
      if (mayBe && isSkeleton(document.entity)) {
        const { line } = at(offsetOf(document.document, { path: '' }));
        this.skipped.push({ file, line, reason: SKELETON });
      } else {
        await this.#checkEntity(file, document, at);
      }
    }
    if (this.#given.at(-1)?.file === file) {
      this.#texts.set(file, text);
    }
  }

  /** Tells of a file that is not read. */
  refuse(file: string, code: FindingCode, reason: string): void {
    this.files.push(file);
    const at = { line: 1, column: 1, source: '' };
    this.#add({ code, path: '', reason }, { file, at });
  }

  /** The refs that no file gives. */
  unresolvedRefs(): Set<string> {
    const own = new Set(this.#given.map(({ ref }) => ref));
    return new Set(
      this.#given
        .flatMap(({ references }) => references.map(({ ref }) => ref))
        .filter(ref => !own.has(ref)),
    );
  }

  /** Checks all files together. The findings are then in the order of the files. */
  finish(outside: Outside): void {
    const byFile = new Map<string, ReturnType<typeof acrossFaults>>();
    for (const fault of acrossFaults(this.#given, outside)) {
      const { file } = fault.entity;
      const known = byFile.get(file);
      if (known) {
        known.push(fault);
      } else {
        byFile.set(file, [fault]);
      }
    }
    for (const [file, faults] of byFile) {
      const text = this.#texts.get(file)!;
      const at = createPositions(text);
      const documents = composeDocuments(text);
      for (const { entity, ...fault } of faults) {
        const offset = offsetOf(documents[entity.index], fault);
        this.#add(fault, { file, at: at(offset), entityRef: entity.ref });
      }
    }
    this.findings.sort(inOrder);
  }

  async #checkEntity(
    file: string,
    { entity: given, document, index }: EntityDocument,
    at: (offset: number) => Position,
  ): Promise<void> {
    const own = await checkEntityOfFile(given, this.#rules);
    const { entity } = own;
    const entityRef = refOf(entity);
    const { references, faults } = readReferences(entity);
    for (const fault of [...own.faults, ...faults.slice(0, MAX_FAULTS)]) {
      const position = at(offsetOf(document, fault));
      this.#add(fault, { file, at: position, entityRef });
    }
    const offset = offsetOf(document, { path: '' });
    this.#given.push({
      file,
      index,
      line: () => at(offset).line,
      ref: entityRef,
      references,
      edges: entityRef ? edgesOf(entity, entityRef) : [],
      targets: relativeTargets(entity),
    });
  }

  #add(
    { code, path, reason }: FileFault,
    { file, at, entityRef }: { file: string; at: Position; entityRef?: string },
  ): void {
    const severity = this.#rules.severities[code] ?? DEFAULT_SEVERITIES[code];
    if (severity !== 'off') {
      this.findings.push({
        code,
        severity,
        message: escapeControls(`${path || 'the document'} ${reason}`),
        file,
        ...at,
        ...(path && { path }),
        ...(entityRef && { entityRef }),
      });
    }
  }
}

/** Undefined for what is not UTF-8. A byte order mark is left out. */
function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function edgesOf(entity: JsonObject, ref: string) {
  return relationEdges(entity as unknown as Entity, ref);
}

function inOrder(a: Finding, b: Finding): number {
  const byFile = Number(a.file > b.file) - Number(a.file < b.file);
  return byFile || a.line - b.line || a.column - b.column;
}
