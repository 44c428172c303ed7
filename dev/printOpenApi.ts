/*
 * Prints what `GET /openapi.json` answers, from which the frontend's types are
 * generated:
 *
 *   node --require @backstage/cli/config/nodeTransform.cjs dev/printOpenApi.ts
 */
import { type ApiContext, createApiRouter } from '../src/api/createApiRouter';
import { describeRouter } from '../src/api/openApi';

// No handler is called, so nothing of the context is used.
const document = describeRouter(createApiRouter({} as ApiContext));
process.stdout.write(JSON.stringify(document));
