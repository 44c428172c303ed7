/*
 * The reads and the safe writes of the API, as actions of Backstage: its MCP
 * server offers them to assistants, its scaffolder to templates. An action calls
 * the function of its route, with the credentials of whoever calls it; so
 * permissions, what is hidden and the audit are the same.
 *
 * There is none that approves a plan: that is for a person. There is none that
 * the catalog has itself.
 */
import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { ActionCall, toCaller } from '../asked';
import type { ApiContext } from '../createApiRouter';
import { deploymentActions } from './deploymentActions';
import { entityActions } from './entityActions';
import { sourceActions } from './sourceActions';
import { toZod3 } from './toZod3';

export const customDataActions = [
  ...sourceActions,
  ...entityActions,
  ...deploymentActions,
];

export function registerActions(
  registry: ActionsRegistryService,
  context: ApiContext,
): void {
  for (const action of customDataActions) {
    const { name, permission, input, output, run, ...shown } = action;
    registry.register({
      ...shown,
      name,
      visibilityPermission: permission,
      schema: { input, output: zod => toZod3(zod, output) },
      action: async call => ({
        output: await run(context, {
          input: call.input,
          credentials: call.credentials,
          ask: given => new ActionCall(name, toCaller(call.credentials), given),
        }),
      }),
    });
  }
}
