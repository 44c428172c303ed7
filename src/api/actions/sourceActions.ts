import { z } from 'zod';
import { catalogIngestionReadPermission } from '../access';
import * as answers from '../answers';
import { showDryRun } from '../dryRunRoute';
import {
  customDataSourceDryRunPermission,
  customDataSourceSyncPermission,
} from '../permissions';
import { showSourcePlan } from '../planRoutes';
import {
  listSourceProblems,
  listSources,
  pauseOrResume,
  showSource,
  syncSource,
} from '../sourceRoutes';
import { defineAction, pageShape, READS, sourceShape } from './action';

const EXAMPLE = { title: 'A source', input: { source: 'service-registry' } };

const reads = [
  defineAction({
    name: 'list-custom-data-sources',
    title: 'List metadata sources',
    description:
      'The metadata APIs that give the catalog its entities: state, last run, what needs a person ("attention"), held plans and numbers of problems.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod => zod.object(pageShape(zod)).strict(),
    output: answers.listOf(answers.source),
    examples: [{ title: 'All sources', input: {} }],
    run: (context, { input, ask }) =>
      listSources(context, ask({ query: input })),
  }),
  defineAction({
    name: 'get-custom-data-source',
    title: 'Get a metadata source',
    description:
      'How one source is doing: state, last run and last success, why it failed or is paused, what needs a person, and the held plan if there is one.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod => zod.object(sourceShape(zod)).strict(),
    output: answers.source,
    examples: [EXAMPLE],
    run: (context, { input, ask }) =>
      showSource(context, ask({ params: input })),
  }),
  defineAction({
    name: 'list-custom-data-problems',
    title: 'List the problems of a source',
    description:
      'Why records of a source give no entity, or one with warnings: code, record, entity, path and message, newest first.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod =>
      zod.object({ ...sourceShape(zod), ...pageShape(zod) }).strict(),
    output: answers.listOf(answers.storedProblem),
    examples: [EXAMPLE],
    run: (context, { input: { source, ...query }, ask }) =>
      listSourceProblems(context, ask({ params: { source }, query })),
  }),
  defineAction({
    name: 'get-custom-data-plan',
    title: 'Get the held removals and changes of a source',
    description:
      'Which removals or changes of a source are held until a person decides, and why ("plan.reason"), with the owner of each entity; else the latest plan. No action approves a plan.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod =>
      zod.object({ ...sourceShape(zod), ...pageShape(zod) }).strict(),
    output: answers.plan,
    examples: [EXAMPLE],
    run: (context, { input: { source, ...query }, ask }) =>
      showSourcePlan(context, ask({ params: { source }, query })),
  }),
  defineAction({
    name: 'dry-run-custom-data-source',
    title: 'Dry-run a source',
    description:
      'What a run of a source would do now, without doing it: entities added, changed field by field, removed or held, problems, and relations that would begin or end. The metadata API is asked for it.',
    permission: customDataSourceDryRunPermission,
    attributes: READS,
    input: zod =>
      zod
        .object({
          ...sourceShape(zod),
          limit: pageShape(zod).limit.describe(
            'How many items of each list to give. Default: 50',
          ),
        })
        .strict(),
    output: answers.dryRun,
    examples: [EXAMPLE],
    run: (context, { input: { source, ...query }, ask }) =>
      showDryRun(context, ask({ params: { source }, query }), {
        signal: context.shutdown,
      }),
  }),
];

const sync = defineAction({
  name: 'sync-custom-data-source',
  title: 'Sync a source',
  description:
    'Starts a run of a source, or with "recordId" fetches and applies that record before it answers. A run adds, changes and removes entities as its schedule would; removals beyond the limit are held.',
  permission: customDataSourceSyncPermission,
  attributes: { readOnly: false, destructive: true, idempotent: true },
  input: zod =>
    zod
      .object({
        ...sourceShape(zod),
        recordId: zod
          .string()
          .describe('The id of one record. Default: the whole list')
          .optional(),
        force: zod
          .boolean()
          .describe('Whether to ask the API in spite of a back-off')
          .optional(),
      })
      .strict(),
  output: z.object({
    status: z.enum(['started', 'synced']),
    runId: z.string(),
  }),
  examples: [
    EXAMPLE,
    {
      title: 'One record',
      input: { source: 'service-registry', recordId: 'payments-api' },
    },
  ],
  run: (context, { input: { source, ...body }, ask }) =>
    syncSource(context, ask({ params: { source }, body })),
});

const pauses = (['pause', 'resume'] as const).map(action =>
  defineAction({
    name: `${action}-custom-data-source`,
    title: action === 'pause' ? 'Pause a source' : 'Resume a source',
    description:
      action === 'pause'
        ? 'Stops the runs of a source until it is resumed. Its entities stay as they are.'
        : 'Ends the pause of a source, and its back-off.',
    permission: customDataSourceSyncPermission,
    attributes: { readOnly: false, destructive: false, idempotent: true },
    input: zod => zod.object(sourceShape(zod)).strict(),
    output: z.object({ source: z.string() }),
    examples: [{ ...EXAMPLE, output: EXAMPLE.input }],
    run: async (context, { input, ask }) => {
      await pauseOrResume(context, ask({ params: input }), action);
      return input;
    },
  }),
);

export const sourceActions = [...reads, sync, ...pauses];
