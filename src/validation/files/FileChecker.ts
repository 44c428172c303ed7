import type { FindingCode } from '../../config/catalogCheck';
import { escapeControls } from '../../lib/values';
import { acrossFaults, type GivenEntity, type Outside } from './acrossFaults';
import { checkEntity, type EntityRules } from './checkEntity';
import {
  type FileFault,
  type Finding,
  type Report,
  severityOf,
  type Skipped,
} from './finding';
import { type EntityDocument, parseDocuments } from './parseDocuments';
import { createPositions, offsetOf, type Position } from './positions';
import { refOf, relativeTargets } from './references';
import { isBrokenSkeleton, isSkeleton, mayBeSkeleton } from './skeletons';

/** Larger files are no manifests. */
export const MAX_FILE_BYTES = 5_000_000;

const SKELETON = 'the skeleton of a template';

interface FoundAt {
  file: string;
  at: Position;
  entityRef?: string;
}

/** Checks the texts of files one by one, and then all of them together. */
export class FileChecker implements Report {
  readonly files: string[] = [];
  readonly findings: Finding[] = [];
  readonly skipped: Skipped[] = [];
  readonly #rules: EntityRules;
  readonly #given: GivenEntity[] = [];

  constructor(rules: EntityRules) {
    this.#rules = rules;
  }

  async check(file: string, bytes: Buffer): Promise<void> {
    const text = decode(bytes);
    if (text === undefined) {
      this.refuse(file, 'file-encoding', 'is not UTF-8; save it as UTF-8');
      return;
    }
    const at = createPositions(text);
    const { documents, faults } = parseDocuments(text);
    const lines = faults.map(({ offset }) => at(offset).source);
    const isSyntax = faults.every(({ code }) => code === 'yaml-syntax');
    if (isSyntax && isBrokenSkeleton(text, lines)) {
      this.skipped.push({ file, reason: SKELETON });
      return;
    }
    this.files.push(file);
    for (const { offset, ...fault } of faults) {
      this.#add({ ...fault, path: '' }, { file, at: at(offset) });
    }
    const mayBe = mayBeSkeleton(text);
    for (const item of documents) {
      if (mayBe && isSkeleton(item.entity)) {
        const { line } = at(offsetOf(item.document, { path: '' }));
        this.skipped.push({ file, line, reason: SKELETON });
      } else {
        await this.#checkDocument(file, item, at);
      }
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
    for (const { entity, at, ...fault } of acrossFaults(this.#given, outside)) {
      const { file, ref: entityRef } = entity;
      this.#add(fault, { file, at, entityRef });
    }
    this.findings.sort(inOrder);
  }

  async #checkDocument(
    file: string,
    { entity: given, document }: EntityDocument,
    at: (offset: number) => Position,
  ): Promise<void> {
    const locate = (fault: { path: string; isName?: boolean }) =>
      at(offsetOf(document, fault));
    const { entity, references, faults } = await checkEntity(
      given,
      this.#rules,
    );
    const entityRef = refOf(entity);
    for (const fault of faults) {
      this.#add(fault, { file, at: locate(fault), entityRef });
    }
    const placed = <T extends { path: string }>(item: T) => ({
      ...item,
      at: locate(item),
    });
    this.#given.push({
      file,
      line: locate({ path: '' }).line,
      ref: entityRef,
      at: locate({ path: 'metadata.name' }),
      references: references.map(placed),
      targets: relativeTargets(entity).map(placed),
    });
  }

  #add(
    { code, path, reason }: FileFault,
    { file, at, entityRef }: FoundAt,
  ): void {
    const severity = severityOf(this.#rules, code);
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

function inOrder(a: Finding, b: Finding): number {
  const byFile = Number(a.file > b.file) - Number(a.file < b.file);
  return byFile || a.line - b.line || a.column - b.column;
}
