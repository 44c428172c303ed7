import { cpus, totalmem } from 'node:os';

/** By their titles, such as "run ms". */
export type Figures = Record<string, number>;

/** Adds the figures of one round of a case. */
export type AddFigures = (name: string, figures: Figures) => void;

/** Of these the largest of all rounds counts, and of all others the median. */
const COUNTS = [
  'mutations',
  'catalog rows',
  'own rows',
  'unexpected rows',
  'errors',
  'lost',
];

interface Row {
  case: string;
  subject: string;
  rounds: Figures[];
  /** Why a round could not be measured. */
  failed?: string;
}

interface Target {
  name: string;
  limit: string;
  holds: boolean;
  value?: number;
  /** Why there is no value. */
  reason?: string;
}

/** Collects figures by case and subject, and says which targets hold. */
export class Report {
  readonly #rows: Row[] = [];
  readonly #targets: Target[] = [];
  readonly #machine = [
    cpus()[0].model.trim(),
    `${cpus().length} cores`,
    `${Math.round(totalmem() / 1e6)} MB`,
    `Node ${process.version}`,
  ];

  addToMachine(text: string): void {
    this.#machine.push(text);
  }

  add(subject: string, name: string, figures: Figures): void {
    this.#row(subject, name).rounds.push(figures);
  }

  /** Does one round of some cases. Those without figures when it fails have failed. */
  async round(
    subject: string,
    cases: readonly string[],
    work: (add: AddFigures) => Promise<void>,
  ): Promise<void> {
    const open = new Set(cases);
    try {
      await work((name, figures) => {
        this.add(subject, name, figures);
        open.delete(name);
      });
    } catch (error) {
      open.forEach(name => {
        this.#row(subject, name).failed ??= String(error);
      });
    }
  }

  /** A figure over all rounds, for targets. */
  figure(subject: string, name: string, figure: string): number {
    const { rounds, failed } = this.#row(subject, name);
    const value = summarize(rounds)[figure];
    if (failed || value === undefined) {
      throw new Error(`${subject}, ${name}: ${failed ?? 'not measured'}`);
    }
    return value;
  }

  atMost(limit: number, name: string, value: () => number): void {
    this.#target(name, `at most ${limit}`, value, found => found <= limit);
  }

  atLeast(limit: number, name: string, value: () => number): void {
    this.#target(name, `at least ${limit}`, value, found => found >= limit);
  }

  failures(): string[] {
    return [...new Set(this.#rows.flatMap(({ failed }) => failed ?? []))];
  }

  toJSON() {
    const cases = [...new Set(this.#rows.map(row => row.case))];
    const rows = this.#rows
      .filter(({ rounds, failed }) => rounds.length > 0 || failed)
      .sort((a, b) => cases.indexOf(a.case) - cases.indexOf(b.case))
      .map(({ rounds, failed, ...row }) => ({
        ...row,
        rounds: rounds.length,
        failed,
        figures: failed ? {} : summarize(rounds),
      }));
    return { machine: this.#machine.join(', '), rows, targets: this.#targets };
  }

  toMarkdown(): string {
    const { machine, rows, targets } = this.toJSON();
    const titles = [
      ...new Set(rows.flatMap(({ figures }) => Object.keys(figures))),
    ];
    const rowTable = markdownTable(
      ['case', 'subject', 'rounds', ...titles],
      rows.map(({ figures, ...row }) => [
        row.case,
        row.subject,
        row.failed ? 'FAILED' : `${row.rounds}`,
        ...titles.map(title => format(figures[title])),
      ]),
    );
    const targetTable = markdownTable(
      ['target', 'value', 'limit', 'holds'],
      targets.map(({ name, value, limit, holds, reason }) => [
        name,
        reason?.split('\n')[0] ?? format(value),
        limit,
        holds ? 'yes' : 'NO',
      ]),
    );
    return [machine, rowTable, targetTable].join('\n\n');
  }

  #row(subject: string, name: string): Row {
    const isIt = (row: Row) => row.subject === subject && row.case === name;
    const found = this.#rows.find(isIt);
    if (found) {
      return found;
    }
    const row = { case: name, subject, rounds: [] };
    this.#rows.push(row);
    return row;
  }

  #target(
    name: string,
    limit: string,
    compute: () => number,
    isWithin: (value: number) => boolean,
  ): void {
    try {
      const value = compute();
      if (!Number.isFinite(value)) {
        throw new Error(`The value is ${value}`);
      }
      this.#targets.push({ name, value, limit, holds: isWithin(value) });
    } catch ({ message: reason }: any) {
      this.#targets.push({ name, limit, holds: false, reason });
    }
  }
}

function summarize(rounds: Figures[]): Figures {
  const titles = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    titles.map(title => {
      const values = rounds.map(round => round[title]);
      const summary = COUNTS.includes(title)
        ? Math.max(...values)
        : median(values);
      return [title, summary];
    }),
  );
}

/** The value in the middle; of an even number, the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** The value that a share (0 to 1) of all values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * share), 1) - 1];
}

function format(value: number | undefined): string {
  const isWhole = Number.isInteger(value) || Number(value) >= 100;
  return (isWhole ? value?.toFixed(0) : value?.toPrecision(3)) ?? '';
}

function markdownTable(header: string[], lines: string[][]): string {
  const rule = header.map(() => '---');
  return [header, rule, ...lines]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n');
}
