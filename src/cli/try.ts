import { InputError, NotFoundError, toError } from '@backstage/errors';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SourceSettings } from '../config/source';
import { readRecord } from '../ingestion/fetchRecord';
import {
  listOne,
  type Rehearsal,
  rehearse,
} from '../ingestion/rehearsal/rehearse';
import { nameTimeLimit, timeLimitOf } from '../ingestion/timeLimit';
import { SourceError } from '../lib/errors';
import { escapeControls } from '../lib/values';
import type { SettingFault } from '../mapping/findExpressionFaults';
import type { RecordSink } from '../sources/RecordSource';
import { type PreparedSource, prepareSource } from '../wiring/prepareSources';
import { configFiles, loadSource } from './loadSource';
import { printLines } from './output';
import { Answers } from './rehearsal/Answers';
import { advise, adviseOnRecords } from './rehearsal/advise';
import { describeRehearsal } from './rehearsal/describeRehearsal';
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
  limit: number;
  watch?: boolean;
  verbose?: boolean;
}

/** One rehearsal after another, which share the answers of the API. */
interface Trial extends TryOptions {
  files: string[];
  answers: Answers;
  terminal: Terminal;
  /** Takes each further file that the outcome depends on. */
  onRead?: (file: string) => void;
}

/** `try`: shows what the records of a source become. */
export async function run({
  options,
  terminal,
}: Call<TryOptions>): Promise<number> {
  const { config, record, file } = options;
  if (record !== undefined && file !== undefined) {
    throw new InputError(
      '--record asks the API, so it cannot be used with --file',
    );
  }
  const answerFile = file && resolve(terminal.cwd, file);
  if (answerFile && !existsSync(answerFile)) {
    throw new InputError(
      `There is no file "${answerFile}"; --file names an answer of the API`,
    );
  }
  const files = configFiles(config, terminal);
  const answers = new Answers(answerFile);
  const trial = { ...options, file: answerFile, files, answers, terminal };
  return options.watch ? watch(trial) : tryOnce(trial);
}

async function watch(trial: Trial): Promise<number> {
  const { files, file, terminal, verbose } = trial;
  for (;;) {
    const changes = new FileWatch();
    let status: number = STATUS.FAILED;
    changes.add(file ? [...files, file] : files);
    try {
      const onRead = (name: string) => changes.add([name]);
      status = await tryOnce({ ...trial, onRead });
    } catch (thrown) {
      const { message, stack } = toError(thrown);
      terminal.stderr.write(`${verbose ? stack : message}\n`);
    }
    const what = `waits for a change (${files.join(', ')})`;
    printLines(terminal, ['', `──── ${what} ────`, '']);
    if (!(await changes.changed(terminal.signal))) {
      return status;
    }
  }
}

async function tryOnce(trial: Trial): Promise<number> {
  const { files, file, source: name, answers, terminal, onRead } = trial;
  const loaded = await loadSource(files, name, terminal);
  if (loaded.type === 'faulty') {
    return reportFaults(trial, loaded.faults, loaded.unset);
  }
  const { settings, placeholders } = loaded;
  if (typeof settings.schema === 'string') {
    onRead?.(resolve(settings.schema));
  }
  const prepared = await prepareSource({
    settings: file ? readsFile(settings) : settings,
    placeholders,
    extensions: { sources: new Map(), transformers: new Map() },
    now: () => new Date(),
    fetch: answers.fetch,
  });
  if (prepared.type === 'faulty') {
    return reportFaults(trial, prepared.faults);
  }
  answers.begin(settings);
  try {
    const rehearsal = await rehearseInTime(prepared.source, trial);
    const { reusedFrom } = answers;
    printLines(terminal, [
      ...describeRehearsal(rehearsal, terminal),
      ...(reusedFrom
        ? [
            `The API was not asked again: these are its answers of ${reusedFrom.toLocaleTimeString()}. Start again for new ones.`,
          ]
        : []),
      ...advise(rehearsal, settings, () => answers.first()).map(escapeLines),
    ]);
    return rehearsal.problems.some(({ severity }) => severity === 'error')
      ? STATUS.PROBLEMS
      : STATUS.OK;
  } catch (error) {
    return reportFailure(error, trial);
  }
}

/** A file is one answer, whatever pages the API has, and nobody is asked for a token. */
function readsFile(settings: SourceSettings): SourceSettings {
  return { ...settings, pagination: { type: 'none' }, auth: undefined };
}

/** Reads the list of a source, or one record, and rehearses a run over it. */
async function rehearseInTime(
  prepared: PreparedSource,
  { record, limit, terminal }: Trial,
): Promise<Rehearsal> {
  const { settings } = prepared;
  const limits = { kind: 'manual' as const, startedAt: new Date() };
  const timeUp = AbortSignal.timeout(timeLimitOf(settings, limits).ms);
  const signal = AbortSignal.any([terminal.signal, timeUp]);
  const progress = showProgress(terminal);
  let doing = `reading the ${record === undefined ? 'list' : 'record'}`;
  const onRequest = (what: string) => {
    doing = `reading ${what}`;
    progress.show(what);
  };
  const readList = async (sink: RecordSink) => {
    const options = { signal, onRequest, sink };
    const answer = await prepared.source.list(options);
    return answer.type === 'listed' ? answer.incomplete : undefined;
  };
  const readOne = async (sink: RecordSink, recordId: string) => {
    const answer = await readRecord({ ...prepared, recordId, signal });
    if (answer.type !== 'record') {
      throw new NotFoundError(
        `Source "${settings.name}" has no record "${recordId}"; check the id and the key "recordUrl"`,
      );
    }
    return listOne(answer.record, sink);
  };
  const list = (sink: RecordSink) =>
    record === undefined ? readList(sink) : readOne(sink, record);
  try {
    return await rehearse({ ...prepared, list, limit, signal });
  } catch (error) {
    throw nameTimeLimit(error, {
      settings,
      run: limits,
      doing,
      signal,
      endedAt: new Date(),
    });
  } finally {
    progress.end();
  }
}

/** What is wrong with the settings of a source, one a line, each with a mark under the place. */
function reportFaults(
  { source, terminal }: Trial,
  faults: SettingFault[],
  unset: string[] = [],
): number {
  const paint = createPaint(terminal.stdout, terminal);
  const key = `catalog.customData.sources.${source}`;
  printLines(terminal, [
    ...faults.flatMap(({ setting, reason, at }) => [
      `${paint.red(setting ? `${key}.${setting}` : key)}: ${reason}`,
      ...(at ? markPosition(at.expression, at.position) : []),
    ]),
    ...(unset.length > 0
      ? [
          `Variables that the files name and that are not set: ${unset.join(
            ', ',
          )}`,
        ]
      : []),
  ]);
  return STATUS.PROBLEMS;
}

/** The line of the expression, and below it a caret under the end of what was read. */
function markPosition(expression: string, position: number): string[] {
  const before = expression.slice(0, position).split('\n');
  const line = expression.split('\n')[before.length - 1];
  const column = Math.max(before.at(-1)!.length - 1, 0);
  return [`    ${escapeControls(line)}`, `    ${' '.repeat(column)}^`];
}

/** An answer without a list is a matter of the mapping. Whatever else fails is thrown. */
function reportFailure(
  error: unknown,
  { answers, terminal, record, file }: Trial,
): number {
  if (error instanceof SourceError && error.code === 'shape' && !record) {
    const advice = adviseOnRecords(answers.first()).map(escapeLines);
    printLines(terminal, [error.message, ...advice]);
    return STATUS.PROBLEMS;
  }
  if (error instanceof SourceError && (error.said || file)) {
    const said = error.said ? `\nIt said: ${error.said}` : '';
    const from = file ? `\nThe answer is that of the file "${file}"` : '';
    throw new NotFoundError(`${error.message}${said}${from}`);
  }
  throw error;
}
