import { InputError, NotFoundError, toError } from '@backstage/errors';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SourceError } from '../lib/errors';
import { prepareSource } from '../wiring/prepareSources';
import { configFiles, loadSource } from './loadSource';
import { Answers } from './rehearsal/Answers';
import { advise, adviseOnRecords } from './rehearsal/advise';
import { describeFaults } from './rehearsal/describeFaults';
import { describeRehearsal } from './rehearsal/describeRehearsal';
import { rehearseSource } from './rehearsal/rehearseSource';
import {
  type Call,
  createPaint,
  escapeLines,
  showProgress,
  STATUS,
  type Terminal,
} from './terminal';
import { FileWatch } from './watchFiles';

interface TryOptions {
  config?: string[];
  source: string;
  record?: string;
  file?: string;
  limit: string;
  watch?: boolean;
  verbose?: boolean;
}

/** One rehearsal after another, which share the answers of the API. */
interface Trial {
  files: string[];
  source: string;
  record?: string;
  limit: number;
  answers: Answers;
  terminal: Terminal;
}

/** `try`: shows what the records of a source become. */
export async function run({
  options,
  terminal,
}: Call<TryOptions>): Promise<number> {
  const trial = toTrial(options, terminal);
  return options.watch
    ? watch(trial, Boolean(options.verbose))
    : tryOnce(trial);
}

function toTrial(options: TryOptions, terminal: Terminal): Trial {
  const { config, source, record, file, limit } = options;
  if (record !== undefined && file !== undefined) {
    throw new InputError(
      '--record asks the API, so it cannot be used with --file',
    );
  }
  if (!/^\d{1,6}$/.test(limit)) {
    throw new InputError(`--limit must be a whole number, not "${limit}"`);
  }
  const answerFile = file && resolve(terminal.cwd, file);
  if (answerFile && !existsSync(answerFile)) {
    throw new InputError(
      `There is no file "${answerFile}"; --file names an answer of the API`,
    );
  }
  return {
    files: configFiles(config, terminal),
    source,
    record,
    limit: Number(limit),
    answers: new Answers({ file: answerFile, now: () => new Date() }),
    terminal,
  };
}

async function watch(trial: Trial, isVerbose: boolean): Promise<number> {
  const { files, answers, terminal } = trial;
  const { file } = answers.options;
  const changes = new FileWatch(terminal.signal);
  let status: number = STATUS.OK;
  do {
    changes.add([...files, ...(file ? [file] : [])]);
    try {
      status = await tryOnce(trial);
    } catch (thrown) {
      const { message, stack } = toError(thrown);
      terminal.stderr.write(`${isVerbose ? stack : message}\n`);
      status = STATUS.FAILED;
    }
    print(terminal, [
      '',
      `──── waits for a change (${files.join(', ')}) ────`,
      '',
    ]);
  } while (await changes.changed());
  return status;
}

async function tryOnce(trial: Trial): Promise<number> {
  const { files, source, answers, terminal } = trial;
  const paint = createPaint(terminal.stdout, terminal);
  const loaded = await loadSource(files, source, terminal);
  if (loaded.type === 'faulty') {
    print(terminal, [`${paint.red(loaded.key)}: ${loaded.reason}`]);
    return STATUS.PROBLEMS;
  }
  const { settings, placeholders } = loaded;
  const isFile = answers.options.file !== undefined;
  const prepared = await prepareSource({
    // A file is one answer, whatever pages the API has.
    settings: isFile ? { ...settings, pagination: { type: 'none' } } : settings,
    placeholders,
    extensions: { sources: new Map(), transformers: new Map() },
    now: () => new Date(),
    fetch: answers.fetch,
  });
  if (prepared.type === 'faulty') {
    print(terminal, describeFaults(source, prepared.faults, paint));
    return STATUS.PROBLEMS;
  }
  answers.begin();
  const progress = showProgress(terminal);
  try {
    const rehearsal = await rehearseSource(prepared.source, {
      ...trial,
      signal: terminal.signal,
      onRequest: progress.show,
    });
    progress.end();
    print(terminal, [
      ...describeRehearsal(rehearsal, paint),
      ...describeReuse(answers),
      ...advise(rehearsal, settings, () => answers.first()).map(escapeLines),
    ]);
    return rehearsal.problems.some(({ severity }) => severity === 'error')
      ? STATUS.PROBLEMS
      : STATUS.OK;
  } catch (error) {
    progress.end();
    return describeFailure(error, trial);
  }
}

/** An answer without a list is a matter of the mapping. Whatever else fails is thrown. */
function describeFailure(
  error: unknown,
  { answers, terminal, record }: Trial,
): number {
  if (error instanceof SourceError && error.code === 'shape' && !record) {
    const advice = adviseOnRecords(answers.first()).map(escapeLines);
    print(terminal, [error.message, ...advice]);
    return STATUS.PROBLEMS;
  }
  const { file } = answers.options;
  if (error instanceof SourceError && (error.said || file)) {
    const said = error.said ? `\nIt said: ${error.said}` : '';
    const from = file ? `\nThe answer is that of the file "${file}"` : '';
    throw new NotFoundError(`${error.message}${said}${from}`);
  }
  throw error;
}

function describeReuse({ reusedFrom }: Answers): string[] {
  return reusedFrom
    ? [
        `The API was not asked again: these are its answers of ${reusedFrom.toLocaleTimeString()}. Start again for new ones.`,
      ]
    : [];
}

function print({ stdout }: Terminal, lines: string[]): void {
  stdout.write(`${lines.join('\n')}\n`);
}
