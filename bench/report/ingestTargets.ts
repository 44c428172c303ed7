import type { CaseName } from '../cases';
import type { SubjectName } from '../subjects/names';
import { findRow, type Figures, type Row } from './row';
import { judge, ratio, type Input, type Target } from './target';

/** Tables that a run writes to even where nothing changed: its own row, and the source's lease. */
const RUN_TABLES = new Set(['custom_data_runs', 'custom_data_sources']);

const mutations = (figures: Figures) => figures.mutations;

const rowsBeyondRun = ({ rows }: Figures) =>
  rows &&
  Object.entries(rows.byTable)
    .filter(([table]) => !RUN_TABLES.has(table))
    .reduce((sum, [, written]) => sum + written, 0);

/** What is to hold of ingestion, for one number of records. */
export function ingestTargets(rows: Row[], records: number): Target[] {
  const input = (
    subject: SubjectName,
    name: CaseName,
    figure: (figures: Figures) => number | undefined,
  ): Input => {
    const row = findRow(rows, { subject, case: name, records });
    return {
      name: `${subject}, ${name}`,
      value: row && figure(row),
      failed: row?.failed,
    };
  };
  const cpu = ({ cpuMs }: Figures) => cpuMs;
  const time = ({ ingestMs }: Figures) => ingestMs;
  const title = (text: string) => `${records} records, ${text}`;

  const atMost = (
    name: CaseName,
    limit: number,
    text: string,
    figure: (figures: Figures) => number | undefined,
  ) =>
    judge({
      name: title(text),
      limit,
      inputs: [input('module', name, figure)],
      value: value => value,
    });
  const timeOfFasterPeer = (name: CaseName, limit: number, text: string) =>
    judge({
      name: title(`${text}: time, of the faster peer's`),
      limit,
      inputs: [
        input('module', name, time),
        input('full', name, time),
        input('incremental', name, time),
      ],
      value: (own, ...peers) => ratio(own, Math.min(...peers)),
    });

  return [
    atMost(
      'unchanged',
      0,
      'nothing changed, 304: calls of applyMutation',
      mutations,
    ),
    atMost(
      'unchanged',
      0,
      "nothing changed, 304: rows beyond the run's own and the lease",
      rowsBeyondRun,
    ),
    judge({
      name: title('nothing changed, 304: CPU time, of full mutation'),
      limit: 0.05,
      inputs: [
        input('module', 'unchanged', cpu),
        input('full', 'unchanged', cpu),
      ],
      value: ratio,
    }),
    atMost(
      'unchanged-whole',
      0,
      'nothing changed, no 304: calls of applyMutation',
      mutations,
    ),
    atMost(
      'unchanged-whole',
      0,
      'nothing changed, no 304: rows of the catalog',
      figures => figures.rows?.catalog,
    ),
    timeOfFasterPeer('changed-0.1', 0.6, '0.1 % changed'),
    timeOfFasterPeer('changed-1', 0.6, '1 % changed'),
    timeOfFasterPeer('changed-10', 1, '10 % changed'),
    judge({
      name: title('first ingestion: own share of the CPU time'),
      limit: 0.25,
      inputs: [input('module', 'first', cpu), input('bare', 'first', cpu)],
      value: (whole, bare) => (whole - bare) / whole,
    }),
  ];
}
