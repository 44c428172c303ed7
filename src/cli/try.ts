import { InputError } from '@backstage/errors';
import { suggest } from '../config/messages';
import type { CustomDataSettings } from '../config/settings';
import type { SourceSettings } from '../config/source';
import { prepareSource } from '../wiring/prepareSources';
import { configFiles, loadSettings } from './loadSettings';
import { type Call, STATUS } from './terminal';

interface TryOptions {
  config?: string[];
  source: string;
}

/** `try`: shows what the records of a source become. */
export async function run({
  options,
  terminal,
}: Call<TryOptions>): Promise<number> {
  const files = configFiles(options.config, terminal);
  const { settings: all } = await loadSettings(files, terminal);
  const settings = findSource(all, options.source);
  const prepared = await prepareSource({
    settings,
    placeholders: all.placeholders,
    extensions: { sources: new Map(), transformers: new Map() },
    now: () => new Date(),
  });
  if (prepared.type === 'faulty') {
    for (const { setting, reason } of prepared.faults) {
      terminal.stdout.write(`${setting}: ${reason}\n`);
    }
    return STATUS.FAILED;
  }
  terminal.stdout.write(`The mapping of "${settings.name}" can be used.\n`);
  return STATUS.OK;
}

function findSource(
  settings: CustomDataSettings,
  name: string,
): SourceSettings {
  const { sources, misconfiguredSources: misconfigured, nothing } = settings;
  const found = sources.find(source => source.name === name);
  if (found) {
    return found;
  }
  const faulty = misconfigured.find(source => source.name === name);
  if (faulty) {
    throw new InputError(`${faulty.key}: ${faulty.reason}`);
  }
  const known = [...sources, ...misconfigured].map(source => source.name);
  throw new InputError(
    `There is no source "${name}"; ${nothing ?? suggest(name, known)}`,
  );
}
