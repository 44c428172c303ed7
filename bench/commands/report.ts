import type { Machine } from '../measure/machine';
import type { Row } from '../report/row';
import type { Target } from '../report/target';

/** What a command finds, as `--json` writes it. */
export interface Report {
  machine: Machine;
  rows: Row[];
  targets: Target[];
}
