import { DELIVERY_STATES } from '../../deliveries/delivery';
import { DEPLOYMENT_STATUSES } from '../../deployments/deployment';
import { catalogIngestionReadPermission } from '../access';
import * as answers from '../answers';
import { listStored, redeliverStored, showStored } from '../deliveryRoutes';
import { listDeployments } from '../deploymentRoutes';
import { GROUPINGS, summarizeDeployments } from '../deploymentSummaryRoute';
import {
  customDataDeliveryReadPermission,
  customDataDeliveryReplayPermission,
} from '../permissions';
import { listSenders } from '../senderRoutes';
import { defineAction, pageShape, READS, windowShape } from './action';
import type { Zod3Builder } from './toZod3';

const destinationShape = (zod: Zod3Builder) => ({
  sender: zod.string().describe('Who posted it').optional(),
  environment: zod.string().describe('Such as "production"').optional(),
});

const idShape = (zod: Zod3Builder) => ({
  id: zod.string().describe('The id of the delivery'),
});

const ID_EXAMPLE = {
  title: 'A delivery',
  input: { id: '0f8fad5b-d9cb-469f-a165-70867728950e' },
};

const deployments = [
  defineAction({
    name: 'list-deployments',
    title: 'List deployments',
    description:
      'What is deployed where: entity, environment, version, and since when. "current" says whether it is what runs. With "history" all events, also "started" and "failure", newest first.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod =>
      zod
        .object({
          entity: zod
            .string()
            .describe('An entity ref, such as "component:default/payments-api"')
            .optional(),
          service: zod
            .string()
            .describe('The name that the pipeline gives')
            .optional(),
          ...destinationShape(zod),
          target: zod
            .string()
            .describe('A cluster or region within the environment')
            .optional(),
          status: zod.enum(DEPLOYMENT_STATUSES).optional(),
          history: zod.boolean().describe('Default: false').optional(),
          ...windowShape(zod),
          ...pageShape(zod),
        })
        .strict(),
    output: answers.listOf(answers.deployment),
    examples: [
      {
        title: 'What runs in production',
        input: { environment: 'production' },
      },
    ],
    run: (context, { input: { history, ...query }, ask }) =>
      listDeployments(
        context,
        ask({ query: { ...query, ...(history && { history: 'true' }) } }),
      ),
  }),
  defineAction({
    name: 'summarize-deployments',
    title: 'Summarize deployments',
    description:
      'Deployment frequency, change failure rate, time to restore and lead time over a window, by service, owner, system or environment.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod =>
      zod
        .object({
          by: zod.enum(GROUPINGS).describe('Default: "service"').optional(),
          ...destinationShape(zod),
          ...windowShape(zod),
        })
        .strict(),
    output: answers.deploymentSummary,
    examples: [
      { title: 'The last 30 days of each owner', input: { by: 'owner' } },
    ],
    run: (context, { input, ask }) =>
      summarizeDeployments(context, ask({ query: input })),
  }),
];

const deliveries = [
  defineAction({
    name: 'list-webhook-senders',
    title: 'List webhook senders',
    description:
      'Who may post deployment webhooks: state, when last used, and the ages of secrets, without their values.',
    permission: catalogIngestionReadPermission,
    attributes: READS,
    input: zod => zod.object(pageShape(zod)).strict(),
    output: answers.listOf(answers.sender),
    examples: [{ title: 'All senders', input: {} }],
    run: (context, { input, ask }) =>
      listSenders(context, ask({ query: input })),
  }),
  defineAction({
    name: 'list-webhook-deliveries',
    title: 'List webhook deliveries',
    description:
      'What senders posted and what became of it, newest first. "reason" says why one failed, was ignored or is unmatched.',
    permission: customDataDeliveryReadPermission,
    attributes: READS,
    input: zod =>
      zod
        .object({
          ...destinationShape(zod),
          state: zod.enum(DELIVERY_STATES).optional(),
          service: zod.string().optional(),
          ...windowShape(zod),
          ...pageShape(zod),
        })
        .strict(),
    output: answers.listOf(answers.delivery),
    examples: [{ title: 'Those that failed', input: { state: 'dead' } }],
    run: (context, { input, ask }) =>
      listStored(context, ask({ query: input })),
  }),
  defineAction({
    name: 'get-webhook-delivery',
    title: 'Get a webhook delivery',
    description: 'One delivery with its payload, its headers and its attempts.',
    permission: customDataDeliveryReadPermission,
    attributes: READS,
    input: zod => zod.object(idShape(zod)).strict(),
    output: answers.deliveryDetails,
    examples: [ID_EXAMPLE],
    run: (context, { input, ask }) =>
      showStored(context, ask({ params: input })),
  }),
  defineAction({
    name: 'redeliver-webhook',
    title: 'Process a webhook delivery again',
    description:
      'Has a delivery processed again, such as one that failed. One that is older than what runs changes nothing of that. Its event is published again.',
    permission: customDataDeliveryReplayPermission,
    attributes: { readOnly: false, destructive: false, idempotent: false },
    input: zod => zod.object(idShape(zod)).strict(),
    output: answers.redelivered,
    examples: [{ ...ID_EXAMPLE, output: ID_EXAMPLE.input }],
    run: (context, { input, ask }) =>
      redeliverStored(context, ask({ params: input })),
  }),
];

export const deploymentActions = [...deployments, ...deliveries];
