import { auditorServiceFactory } from '@backstage/backend-defaults/auditor';
import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { AuthenticationError } from '@backstage/errors';
import assert from 'node:assert';
import { SENDER, SOON, startCatalog } from './__testUtils__/startCatalog';
import { type Registry, startRegistry } from './__testUtils__/startRegistry';
import { waitFor } from './__testUtils__/waitFor';
import { customDataPermissions } from './api/permissions';

interface Row {
  /** All of them; none for a route that any caller with a token may call. */
  needs: string[];
  /** What it shows only to those who have this, too: without it, 404. */
  sees?: string[];
  /** What fills the path, in place of a name that there is. */
  path?: Record<string, string>;
  query?: string;
  body?: unknown;
  /** Of the answer to a caller who may. */
  status?: number;
  /** Of a write: the audit event, and what it names. */
  audit?: {
    event: string;
    meta: object;
    outcome?: 'succeeded' | 'failed';
  };
}

const READ = ['catalog.ingestion.read'];
const VALIDATE = ['catalog.entity.validate'];
const HASH = '0'.repeat(64);
const NAMES: Record<string, string> = {
  source: 'registry',
  sender: 'ci',
  id: 'no-such-delivery',
  hash: HASH,
  run: 'no-such-run',
  kind: 'component',
  namespace: 'default',
  name: 'a',
};

function sourceWrite(event: string, status: number): Row {
  return {
    needs: ['customData.source.sync'],
    status,
    audit: { event, meta: { source: 'registry' } },
  };
}

function senderWrite(event: string): Row {
  return {
    needs: ['customData.sender.pause'],
    status: 204,
    audit: { event, meta: { sender: 'ci' } },
  };
}

function decision(wanted: string): Row {
  return {
    needs: ['customData.plan.decide'],
    status: 404,
    audit: {
      event: 'plan-decide',
      meta: { source: 'registry', hash: HASH, decision: wanted },
      outcome: 'failed',
    },
  };
}

/** Each route of `GET /openapi.json`, what it needs, and how a write is audited. */
const ROUTES: Record<string, Row> = {
  'get /sources': { needs: READ },
  'get /sources/{source}': { needs: READ },
  'get /sources/{source}/runs': { needs: READ },
  'get /sources/{source}/runs/{run}/changes': { needs: READ, status: 404 },
  'post /sources/{source}/runs/{run}/undo': {
    needs: ['customData.run.undo', ...READ],
    status: 404,
    audit: {
      event: 'run-undo',
      meta: { source: 'registry', run: 'no-such-run' },
      outcome: 'failed',
    },
  },
  'get /sources/{source}/plans': { needs: READ },
  'get /sources/{source}/plans/{hash}': { needs: READ, status: 404 },
  'get /pins': { needs: READ },
  'put /entities/by-name/{kind}/{namespace}/{name}/pin': {
    needs: ['customData.pin.write'],
    body: { reason: 'a test' },
    audit: {
      event: 'entity-pin',
      meta: { entityRef: 'component:default/a' },
    },
  },
  'delete /entities/by-name/{kind}/{namespace}/{name}/pin': {
    needs: ['customData.pin.write'],
    status: 204,
    audit: {
      event: 'entity-unpin',
      meta: { entityRef: 'component:default/a' },
    },
  },
  'get /sources/{source}/problems': { needs: READ },
  'get /sources/{source}/plan': { needs: READ },
  'post /sources/{source}/sync': {
    ...sourceWrite('source-sync', 200),
    body: { recordId: 'a', force: true },
  },
  'post /sources/{source}/pause': sourceWrite('source-pause', 204),
  'post /sources/{source}/resume': sourceWrite('source-resume', 204),
  'post /sources/{source}/plan/{hash}/approve': decision('approved'),
  'post /sources/{source}/plan/{hash}/reject': decision('rejected'),
  'post /sources/{source}/dry-run': {
    needs: ['customData.source.dryRun', ...READ],
    audit: { event: 'source-dry-run', meta: { source: 'registry' } },
  },
  'get /entities/by-name/{kind}/{namespace}/{name}/explain': {
    needs: READ,
    sees: ['catalog.entity.read'],
  },
  'get /entities/by-name/{kind}/{namespace}/{name}': {
    needs: READ,
    sees: ['catalog.entity.read'],
  },
  'put /entities/by-name/{kind}/{namespace}/{name}': {
    needs: ['customData.entity.push'],
    path: { name: 'nobodys' },
    status: 404,
    audit: {
      event: 'entity-push',
      meta: { entityRef: 'component:default/nobodys' },
      outcome: 'failed',
    },
  },
  'delete /entities/by-name/{kind}/{namespace}/{name}': {
    needs: ['customData.entity.push', 'customData.pin.write'],
    status: 204,
    audit: {
      event: 'entity-remove',
      meta: { entityRef: 'component:default/a' },
    },
  },
  'put /sources/{source}/entities': {
    needs: ['customData.entity.push'],
    body: [],
    status: 409,
    audit: {
      event: 'entities-push',
      meta: { source: 'registry' },
      outcome: 'failed',
    },
  },
  'get /conflicts': { needs: READ },
  'get /deliveries': { needs: ['customData.delivery.read'] },
  'get /deliveries/{id}': {
    needs: ['customData.delivery.read'],
    status: 404,
    audit: {
      event: 'delivery-read',
      meta: { delivery: 'no-such-delivery' },
      outcome: 'failed',
    },
  },
  'post /deliveries/{id}/redeliver': {
    needs: ['customData.delivery.replay'],
    status: 404,
    audit: {
      event: 'delivery-redeliver',
      meta: { delivery: 'no-such-delivery' },
      outcome: 'failed',
    },
  },
  'post /deliveries/replay': {
    needs: ['customData.delivery.replay'],
    body: { filter: {}, dryRun: false, hash: HASH },
    status: 409,
    audit: {
      event: 'delivery-replay',
      meta: { filter: {}, hash: HASH },
      outcome: 'failed',
    },
  },
  'get /deployments': { needs: READ },
  'get /deployments/summary': { needs: READ },
  'get /senders': { needs: READ },
  'get /senders/{sender}': { needs: READ },
  'post /senders/{sender}/pause': senderWrite('sender-pause'),
  'post /senders/{sender}/resume': senderWrite('sender-resume'),
  'get /locations': { needs: ['catalog.location.read'] },
  'post /locations/dry-run': {
    needs: ['customData.source.dryRun', ...READ],
    sees: ['catalog.entity.read'],
    body: { target: 'custom-data:registry/a' },
    audit: { event: 'location-dry-run', meta: { target: 'registry/a' } },
  },
  'get /refreshes/{id}': { needs: READ, status: 404 },
  'get /templates/report': { needs: [...READ, 'catalog.entity.read'] },
  'post /clean-up': {
    needs: ['customData.cleanUp.run', ...READ],
    audit: { event: 'clean-up', meta: { dryRun: true } },
  },
  'get /clean-up/reports': { needs: READ },
  'get /clean-up/reports/{id}': {
    needs: READ,
    path: { id: 'no-such-report' },
    status: 404,
  },
  'get /snapshots': { needs: READ },
  'post /snapshots': {
    needs: ['customData.snapshot.take'],
    body: { source: 'registry' },
    status: 201,
    audit: { event: 'snapshot-take', meta: { source: 'registry' } },
  },
  'get /snapshots/{id}': {
    needs: ['customData.snapshot.read'],
    path: { id: 'no-such-snapshot' },
    status: 404,
    audit: {
      event: 'snapshot-read',
      meta: { snapshot: 'no-such-snapshot' },
      outcome: 'failed',
    },
  },
  'post /snapshots/{id}/restore': {
    needs: ['customData.snapshot.restore', ...READ],
    path: { id: 'no-such-snapshot' },
    status: 404,
    audit: {
      event: 'snapshot-restore',
      meta: { snapshot: 'no-such-snapshot' },
      outcome: 'failed',
    },
  },
  'post /snapshots/import': {
    needs: ['customData.snapshot.import'],
    body: [{ kind: 'Group', metadata: { name: 'a' } }],
    status: 201,
    audit: { event: 'snapshot-import', meta: { type: 'application/json' } },
  },
  'get /integrations': { needs: READ },
  'get /schemas': { needs: VALIDATE },
  'get /schemas/{name}': {
    needs: VALIDATE,
    path: { name: 'Component.v1alpha1' },
  },
  'post /validate': { needs: VALIDATE, body: {} },
  'get /openapi.json': { needs: [] },
};

/** Verified by its own signature, not by a token. */
const SIGNED = 'post /webhooks/{sender}';

const ALL = [
  ...new Set([
    ...customDataPermissions.map(({ name }) => name),
    ...Object.values(ROUTES).flatMap(({ needs }) => needs),
    'catalog.entity.read',
  ]),
];

/** What a service may do, by the name of a service that may do just that. */
const GRANTS = new Map(
  [
    ...Object.values(ROUTES).map(({ needs, sees = [] }) => [...needs, ...sees]),
    ...ALL.map(allBut),
  ].map(permissions => [subjectOf(permissions), permissions]),
);

function allBut(name: string): string[] {
  return ALL.filter(other => other !== name);
}

function subjectOf(permissions: string[]): string {
  return permissions.length > ALL.length / 2
    ? `all-but-${ALL.find(name => !permissions.includes(name))}`
    : `only-${permissions.join('-')}`;
}

/**
 * Services by their tokens, restricted as `accessRestrictions` of
 * `backend.auth.externalAccess` do it.
 */
const restrictedServices = mockServices.httpAuth.mock({
  credentials: async req => {
    const subject = req.headers.authorization?.replace('Bearer ', '') ?? '';
    if (subject.startsWith('mock-service-token')) {
      // The module itself asks the catalog.
      return mockCredentials.service() as any;
    }
    const permissionNames = GRANTS.get(subject);
    if (!permissionNames) {
      throw new AuthenticationError('No such token');
    }
    return mockCredentials.service(subject, { permissionNames }) as any;
  },
});

describe('the routes of the API, each with a service that may do nothing else and one that may do all else', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let registry: Registry;
  let catalog: Awaited<ReturnType<typeof startCatalog>>;

  beforeAll(async () => {
    registry = await startRegistry();
    registry.put('a');
    catalog = await startCatalog({
      knex: await databases.init('SQLITE_3'),
      customData: {
        sources: { registry: { url: registry.url, ...SOON } },
        webhooks: { ci: SENDER },
      },
      permission: true,
      features: [
        auditorServiceFactory,
        restrictedServices.factory,
        permissionsServiceFactory,
      ],
    });
    await waitFor(async () => {
      const { body } = await call('get /sources/{source}', READ);
      assert(body.lastSuccess);
    });
  });

  afterAll(async () => {
    await catalog.stop();
    await registry.stop();
  });

  /** Calls a route as a service that may do just that; without permissions, as nobody. */
  function call(route: string, permissions?: string[]) {
    const { path, query = '', body } = ROUTES[route] ?? { needs: [] };
    const [method, template] = route.split(' ');
    const filled = template.replace(
      /\{(\w+)\}/g,
      (_, name) => path?.[name] ?? NAMES[name],
    );
    return catalog.api(`${method.toUpperCase()} ${filled}${query}`, {
      body,
      as: permissions ? `Bearer ${subjectOf(permissions)}` : 'Bearer nobody',
    });
  }

  /** The audit events, as the backend logs them; those that failed have a logger of their own. */
  function audited(): any[] {
    const { info, debug, child } = catalog.logger;
    return [info, debug, child]
      .flatMap(({ mock }) => mock.calls.flat() as any[])
      .filter(meta => meta?.eventId);
  }

  it('are all in this table', async () => {
    const { body } = await call('get /openapi.json', []);
    const routes = Object.entries<object>(body.paths).flatMap(
      ([path, methods]) => Object.keys(methods).map(each => `${each} ${path}`),
    );
    expect(Object.keys(ROUTES).concat(SIGNED).sort()).toEqual(routes.sort());
  });

  it('take no webhook that is not signed, whatever its token may do', async () => {
    const { status } = await call(SIGNED, ROUTES['get /sources'].needs);
    expect(status).toBe(401);
  });

  it.each(Object.entries(ROUTES))(
    '%s is refused to whoever lacks what it needs, and to nobody else',
    async (route, { needs, sees = [], status = 200 }) => {
      expect((await call(route)).status).toBe(401);
      for (const name of needs) {
        expect(await call(route, allBut(name))).toMatchObject({
          status: 403,
          body: { error: { message: `The permission "${name}" is needed` } },
        });
      }
      expect((await call(route, [...needs, ...sees])).status).toBe(status);
    },
  );

  it.each(
    Object.entries(ROUTES).flatMap(([route, { audit, ...row }]) =>
      audit ? [{ route, ...row, ...audit }] : [],
    ),
  )(
    '$route is audited with who called it and what it names, done or denied',
    async ({ route, needs, event, meta, outcome = 'succeeded' }) => {
      const [name] = needs;
      await call(route, allBut(name));
      await call(route, needs);
      const expected = (status: string, permissions: string[]) =>
        expect.objectContaining({
          eventId: event,
          status,
          actor: expect.objectContaining({ actorId: subjectOf(permissions) }),
          meta: expect.objectContaining(meta),
        });
      expect(audited()).toContainEqual(expected('failed', allBut(name)));
      expect(audited()).toContainEqual(expected(outcome, needs));
    },
  );

  it('are audited where they write', () => {
    const writes = Object.entries(ROUTES).filter(
      ([route]) => !route.startsWith('get '),
    );
    expect(
      writes.flatMap(([route, { audit }]) => (audit ? [] : [route])),
    ).toEqual(['post /validate']);
  });
});
