import { stringifyError, toError } from '@backstage/errors';
import { type Misconfigured, sumUp } from '../config/messages';
import type { CustomDataSettings } from '../config/settings';
import type { SourceSettings } from '../config/source';
import type { SourceExtensions } from '../extension';
import { templatePath } from '../mapping/compileTemplates';
import {
  findExpressionFaults,
  type SettingFault,
} from '../mapping/findExpressionFaults';
import { findTemplateFaults } from '../validation/findTemplateFaults';
import {
  createSourceParts,
  findPartFaults,
  type PartsOptions,
  type SourceParts,
} from './createSourceParts';

/** A source that is in order, and what reads, maps and validates its records. */
export type PreparedSource = SourceParts & { settings: SourceSettings };

export interface PreparedSources {
  sources: PreparedSource[];
  misconfigured: Misconfigured[];
}

interface SharedOptions {
  extensions: SourceExtensions;
  now: () => Date;
  /** What sends the requests of a source. Default: the `fetch` of the process. */
  fetchOf?: (source: string) => typeof fetch;
}

/** Needs no database, so that the providers can be registered before one is asked. */
export async function prepareSources({
  settings,
  fetchOf,
  ...shared
}: SharedOptions & {
  settings: CustomDataSettings;
}): Promise<PreparedSources> {
  const sources: PreparedSource[] = [];
  const misconfigured = [...settings.misconfiguredSources];
  for (const source of settings.sources) {
    const { placeholders } = settings;
    const parts = {
      ...shared,
      settings: source,
      placeholders,
      fetch: fetchOf?.(source.name),
    };
    const prepared = await prepareSource(parts);
    if (prepared.type === 'ready') {
      sources.push(prepared.source);
    } else {
      const { name } = source;
      const key = `catalog.customData.sources.${name}`;
      misconfigured.push(sumUp(name, key, prepared.faults));
    }
  }
  return { sources, misconfigured };
}

/** One source, or everything that is wrong with its expressions, templates, schema and code. */
export async function prepareSource(
  options: PartsOptions,
): Promise<
  | { type: 'ready'; source: PreparedSource }
  | { type: 'faulty'; faults: SettingFault[] }
> {
  const { settings, placeholders } = options;
  const faults = [
    ...(await findMappingFaults(settings, placeholders)),
    ...findPartFaults(options),
  ];
  if (faults.length > 0) {
    return { type: 'faulty', faults };
  }
  try {
    const source = { ...createSourceParts(options), settings };
    return { type: 'ready', source };
  } catch (error) {
    const reason = stringifyError(toError(error));
    return { type: 'faulty', faults: [{ setting: '', reason }] };
  }
}

/** All at once: whoever mends a mapping should not find its faults one by one. */
async function findMappingFaults(
  settings: SourceSettings,
  placeholders: string[],
): Promise<SettingFault[]> {
  const faults = findExpressionFaults(settings);
  for (const [index, template] of settings.entity.entries()) {
    const found = await findTemplateFaults(template, {
      ...settings,
      placeholders,
    });
    faults.push(
      ...found.map(({ path, reason }) => ({
        setting: `${templatePath(index)}.${path}`.replace(/\.(?=\[|$)/, ''),
        reason,
      })),
    );
  }
  return faults;
}
