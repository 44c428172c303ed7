import type { FindingCode } from '../../config/catalogCheck';

/** Something wrong with a file, and where it stands. Lines and columns begin at 1. */
export interface Finding {
  code: FindingCode;
  severity: 'error' | 'warning';
  message: string;
  file: string;
  line: number;
  column: number;
  /** Where in the entity, such as `spec.owner`. */
  path?: string;
  entityRef?: string;
  /** The line of the file. */
  source: string;
}

/** Something that was not checked. */
export interface Skipped {
  file: string;
  /** Of a document within the file. */
  line?: number;
  reason: string;
}

/** What is wrong at one path of an entity in a file. */
export interface FileFault {
  code: FindingCode;
  path: string;
  /** Continues the path: `is not valid; use …`. */
  reason: string;
  /** Whether the name of the field is at fault, not its value. */
  isName?: boolean;
}
