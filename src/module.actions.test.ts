import { auditorServiceFactory } from '@backstage/backend-defaults/auditor';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import mcpPlugin from '@backstage/plugin-mcp-actions-backend';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import {
  deployment,
  SENDER,
  SOON,
  startCatalog,
} from './__testUtils__/startCatalog';
import { type Registry, startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';
import { customDataActions } from './api/actions/registerActions';

const JANE = 'user:default/jane';
const ANNOTATIONS = {
  readOnly: 'readOnlyHint',
  destructive: 'destructiveHint',
  idempotent: 'idempotentHint',
} as const;

/** What users may do; Jane may do everything. */
const ALLOWED: Record<string, string[]> = {
  'user:default/nobody': [],
  'user:default/reader': ['catalog.ingestion.read'],
};

const permissionsByUser = mockServices.permissions.mock({
  authorize: async (requests, { credentials } = {} as any) =>
    requests.map(({ permission }) => ({
      result: mayDo(credentials, permission.name)
        ? AuthorizeResult.ALLOW
        : AuthorizeResult.DENY,
    })),
  authorizeConditional: async (requests, { credentials } = {} as any) =>
    requests.map(({ permission }) => ({
      result: mayDo(credentials, permission.name)
        ? AuthorizeResult.ALLOW
        : AuthorizeResult.DENY,
    })),
});

/** Fills in expressions such as `${{ parameters.name }}`. */
function fill(input: object, values: object) {
  const text = JSON.stringify(input);
  const filled = text.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, path: string) => {
    const value = path
      .split('.')
      .reduce((found: any, key) => found[key], values);
    assert(typeof value === 'string', `nothing at "${path}"`);
    return value;
  });
  return JSON.parse(filled);
}

function mayDo({ principal }: any, permission: string): boolean {
  const allowed = ALLOWED[principal.userEntityRef];
  return !allowed || allowed.includes(permission);
}

describe('the actions, called by an MCP client', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  const clients: Client[] = [];
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  beforeAll(async () => {
    registry = await startRegistry();
    for (const id of ['a', 'b', 'c']) {
      registry.put(id);
    }
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: {
        sources: {
          registry: { url: registry.url, ...SOON },
          portal: { type: 'push', principals: [JANE] },
        },
        webhooks: { ci: SENDER },
      },
      config: { backend: { actions: { pluginSources: ['catalog'] } } },
      permission: true,
      features: [auditorServiceFactory, mcpPlugin, permissionsByUser.factory],
    });
    await waitFor(async () => {
      assert.deepEqual(await catalog.entities(), ['a', 'b', 'c']);
    });
  });

  afterAll(async () => {
    await Promise.all(clients.map(client => client.close()));
    await catalog.stop();
    await registry.stop();
  });

  async function connect(user: string = JANE) {
    const client = new Client({ name: 'test', version: '1.0.0' });
    const url = new URL('/api/mcp-actions/v1', catalog.url);
    await client.connect(
      new StreamableHTTPClientTransport(url, {
        requestInit: {
          headers: { Authorization: mockCredentials.user.header(user) },
        },
      }),
    );
    clients.push(client);
    return client;
  }

  /** What an action gives; an error as a text. */
  async function call(name: string, input: object = {}, user?: string) {
    const client = await connect(user);
    const answer: any = await client.callTool({
      name: `catalog.${name}`,
      arguments: { ...input },
    });
    return answer.isError
      ? { error: answer.content[0].text }
      : answer.structuredContent;
  }

  async function toolNames(user?: string): Promise<string[]> {
    const { tools } = await (await connect(user)).listTools();
    return tools.map(({ name }) => name.replace('catalog.', ''));
  }

  /**
   * Runs the steps of a template as the scaffolder does with actions of the
   * registry: one after another, with what their expressions name.
   */
  async function runTemplate(file: string, parameters: object) {
    const text = readFileSync(resolve(__dirname, '../examples', file), 'utf8');
    const { spec } = parse(text);
    const outputs: Record<string, object> = {};
    for (const { id, action, input } of spec.steps) {
      const steps = Object.fromEntries(
        Object.entries(outputs).map(([key, output]) => [key, { output }]),
      );
      const filled = fill(input, { parameters, steps });
      const output = await call(action.replace(/^catalog:/, ''), filled);
      if (output.error) {
        throw new Error(output.error);
      }
      outputs[id] = output;
    }
    return outputs;
  }

  it('are all listed, with what they say of themselves', async () => {
    const { tools } = await (await connect()).listTools();
    for (const { name, description, attributes } of customDataActions) {
      const tool = tools.find(each => each.name === `catalog.${name}`);
      expect(tool).toMatchObject({
        description,
        inputSchema: { type: 'object' },
      });
      for (const [attribute, hint] of Object.entries(ANNOTATIONS)) {
        expect([name, tool!.annotations![hint]]).toEqual([
          name,
          attributes[attribute as keyof typeof ANNOTATIONS],
        ]);
      }
    }
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
  });

  it('say what runs where, why a field has its value, and how the sources are', async () => {
    await catalog.post(deployment('1.4.2'));
    const running = await waitFor(async () => {
      const { items } = await call('list-deployments', {
        environment: 'production',
      });
      expect(items).toHaveLength(1);
      return items[0];
    });
    expect(running).toMatchObject({
      entityRef: 'component:default/a',
      version: '1.4.2',
      current: true,
    });
    const { fields } = await call('explain-custom-data-entity', {
      entityRef: 'component:default/a',
    });
    expect(fields).toContainEqual(
      expect.objectContaining({ path: 'spec.owner', value: 'group:team-a' }),
    );
    expect(
      (await call('list-custom-data-sources')).items.map(
        ({ name, entities }: any) => [name, entities],
      ),
    ).toEqual([
      ['portal', 0],
      ['registry', 3],
    ]);
    expect(
      await call('get-custom-data-source', { source: 'registry' }),
    ).toMatchObject({ type: 'http', problems: { errors: 0 } });
    expect(
      (await call('summarize-deployments', { by: 'environment' })).items,
    ).toMatchObject([{ environment: 'production', deployments: 1 }]);
    expect((await call('list-webhook-senders')).items).toMatchObject([
      { name: 'ci', state: 'active' },
    ]);
  });

  it('show a delivery, and have it processed again', async () => {
    await catalog.post(deployment('1.4.3', { service: 'b' }));
    const stored = await waitFor(async () => {
      const { items } = await call('list-webhook-deliveries', {
        service: 'b',
        state: 'done',
      });
      expect(items).toHaveLength(1);
      return items[0];
    });
    const { payload } = await call('get-webhook-delivery', { id: stored.id });
    expect(JSON.parse(payload)).toMatchObject({ version: '1.4.3' });
    expect(await call('redeliver-webhook', { id: stored.id })).toEqual({
      id: stored.id,
    });
    await waitFor(async () => {
      const again = await call('get-webhook-delivery', { id: stored.id });
      expect(again.attemptList).toHaveLength(2);
    });
  });

  it('register a service by the template of the examples, once, and wait until the catalog shows it', async () => {
    const register = () =>
      runTemplate('register-service.template.yaml', {
        name: 'new',
        owner: 'group:default/team-a',
        lifecycle: 'experimental',
      });
    expect(await register()).toMatchObject({
      register: { entityRef: 'component:default/new', source: 'portal' },
      wait: { entity: { spec: { owner: 'group:default/team-a' } } },
    });
    expect(await catalog.entities()).toContain('new');
    await expect(register()).rejects.toThrow('412 Precondition Failed');
  });

  it('wait no longer than they were told to', async () => {
    const { error } = await call('wait-for-catalog-entity', {
      entityRef: 'component:default/never',
      timeoutSeconds: 0,
    });
    expect(error).toContain('shows no entity "component:default/never"');
  });

  it('pause a source, and resume it', async () => {
    const source = 'registry';
    const read = () => call('get-custom-data-source', { source });
    expect(await call('pause-custom-data-source', { source })).toEqual({
      source,
    });
    expect(await read()).toMatchObject({ paused: { by: JANE } });
    await call('resume-custom-data-source', { source });
    expect((await read()).paused).toBeUndefined();
  });

  it('say what a run would do, sync a source, and name what is held and why', async () => {
    const source = 'registry';
    const lost = ['component:default/b', 'component:default/c'];
    registry.state.records.clear();
    registry.put('a');
    const refsOf = (items: Array<{ entityRef: string }>) =>
      items.map(({ entityRef }) => entityRef).sort();
    const dry = await call('dry-run-custom-data-source', { source });
    expect(refsOf(dry.held.items)).toEqual(lost);
    const { runId } = await waitFor(async () => {
      const started = await call('sync-custom-data-source', { source });
      expect(started).toMatchObject({ status: 'started' });
      return started;
    });
    expect(runId).toEqual(expect.any(String));
    await waitFor(async () => {
      const { plan, items } = await call('get-custom-data-plan', { source });
      expect(plan).toMatchObject({ state: 'pending', count: 2 });
      expect(plan.reason).toContain('2 of 3 entities would be removed');
      expect(refsOf(items)).toEqual(lost);
    });
    await waitFor(async () => {
      const { items } = await call('list-custom-data-problems', { source });
      expect(items).toMatchObject([{ code: 'owner-unknown' }]);
    });
    expect(await catalog.entities()).toContain('b');
  });

  it('refuse what a route would refuse, and say why', async () => {
    expect(
      (await call('get-custom-data-source', { source: 'none' })).error,
    ).toContain('"none"');
    expect(
      (await call('explain-custom-data-entity', { entityRef: 'x' })).error,
    ).toContain('is no entity ref');
    expect((await call('list-deployments', { wrong: 1 })).error).toContain(
      'wrong',
    );
  });

  it('are hidden from whoever lacks their permission, and cannot be called', async () => {
    const open = customDataActions.flatMap(({ name, permission }) =>
      permission ? [] : [name],
    );
    const own = new Set(customDataActions.map(({ name }) => name));
    const seen = await toolNames('user:default/nobody');
    expect(seen.filter(name => own.has(name))).toEqual(open);
    for (const { name, examples, permission } of customDataActions) {
      if (!permission) {
        continue;
      }
      const answer = await call(name, examples[0].input, 'user:default/nobody');
      expect([name, answer.error]).toEqual([
        name,
        expect.stringContaining('not found'),
      ]);
    }
  });

  it('are audited with who called them, and which', async () => {
    await call('resume-custom-data-source', { source: 'registry' });
    const audited = [catalog.logger.info, catalog.logger.debug]
      .flatMap(({ mock }) => mock.calls.flat() as any[])
      .filter(meta => meta?.eventId === 'source-resume');
    expect(audited).toContainEqual(
      expect.objectContaining({
        status: 'succeeded',
        meta: {
          source: 'registry',
          action: 'resume-custom-data-source',
          caller: JANE,
        },
      }),
    );
  });

  it('hide entities from whoever may not see them', async () => {
    const reader = 'user:default/reader';
    expect(await toolNames(reader)).toContain('list-deployments');
    expect(await toolNames(reader)).not.toContain('get-webhook-delivery');
    expect(await call('list-deployments', {}, reader)).toMatchObject({
      items: [],
    });
    expect(
      (
        await call(
          'explain-custom-data-entity',
          { entityRef: 'component:default/a' },
          reader,
        )
      ).error,
    ).toContain('There is no entity "component:default/a"');
  });
});
