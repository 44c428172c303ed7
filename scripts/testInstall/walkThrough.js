/*
 * The README, against the backend that the package was added to.
 */
const fs = require('node:fs');
const http = require('node:http');
const { join } = require('node:path');
const { parse } = require('yaml');
const { check } = require('./report');

const API = '/api/catalog/custom-data';
const API_PORT = 7422;
const DEPLOYED = 'custom/deployed-version.production';

/** What checks descriptions of APIs. */
const LINTER = '@redocly/cli@2.18.0';

/** The metadata API of the README's example. */
function serveRecords() {
  const records = ['payments-api', 'ledger', 'mailer'].map(serviceId => ({
    serviceId,
    team: 'payments',
  }));
  return http
    .createServer((req, res) => {
      const isKnown = req.headers.authorization === 'Bearer registry-token';
      const [, id] = /^\/metadata\/(.+)$/.exec(req.url) ?? [];
      const body = id ? records.find(r => r.serviceId === id) : records;
      res.writeHead(isKnown ? 200 : 401, {
        'content-type': 'application/json',
      });
      res.end(JSON.stringify(isKnown ? body : {}));
    })
    .listen(API_PORT, '127.0.0.1');
}

/** The first block of a document that has a text in it. */
function blockWith(document, text) {
  return [...document.matchAll(/```\w+\n([\s\S]*?)```/g)]
    .map(([, block]) => block)
    .find(block => block.includes(text));
}

/** The module's block of the README, for an API that answers here. */
function configure(host, readme) {
  const block = blockWith(readme, '# app-config.yaml');
  host.write(
    'custom-data.yaml',
    block.replace(
      'https://registry.example.com',
      `http://127.0.0.1:${API_PORT}`,
    ),
  );
  process.env.REGISTRY_TOKEN = 'registry-token';
  process.env.CATALOG_WEBHOOK_SECRET = 'webhook-secret-0123456789';
  // app-config.example.yaml names them, and config:check wants them set.
  process.env.ASSETS_CLIENT_SECRET = 'assets-secret';
  process.env.JENKINS_WEBHOOK_TOKEN = 'jenkins-token-0123456789';
}

const FILES = ['custom-data.yaml'];
const flagsOf = files =>
  ['app-config.yaml', ...files].flatMap(file => ['--config', file]);

async function checkConfig(host) {
  const passes = async files => {
    try {
      await host.cli('config:check', '--strict', ...flagsOf(files));
      return true;
    } catch {
      return false;
    }
  };
  check(await passes(FILES), 'config:check --strict passes with the README');
  fs.copyFileSync(
    join(host.moduleFolder, 'app-config.example.yaml'),
    join(host.folder, 'example.yaml'),
  );
  check(
    await passes(['example.yaml']),
    'config:check --strict passes with the example',
  );
  const typo = parse(fs.readFileSync(join(host.folder, FILES[0]), 'utf8'));
  typo.catalog.customData.sources['service-registry'].header = {};
  host.write('typo.yaml', typo);
  check(
    !(await passes(['typo.yaml'])),
    'config:check --strict fails with a typo',
  );
  const frontend = await host.cli(
    'config:print',
    '--frontend',
    ...flagsOf(FILES),
  );
  check(!/customData/.test(frontend), 'a frontend gets nothing of the block');
  const backend = await host.cli('config:print', ...flagsOf(FILES));
  check(
    /customData/.test(backend) &&
      !/registry-token|webhook-secret/.test(backend),
    'config:print hides the secrets',
  );
}

const countComponents = async host =>
  (await host.get('/api/catalog/entities?filter=kind=component')).body?.length;

const versionOf = async (host, service) => {
  const path = `/api/catalog/entities/by-name/component/default/${service}`;
  return (await host.get(path)).body?.metadata?.annotations?.[DEPLOYED];
};

/** What the README shows with `npm start`, against this backend. */
async function walkThrough(host, readme) {
  const shell = block => host.run('bash', ['-euc', block]);
  const adapt = block =>
    block
      .replaceAll('http://127.0.0.1:7007', host.url)
      .replaceAll('catalog-dev-token', host.token)
      .replaceAll(
        'catalog-dev-webhook-secret',
        process.env.CATALOG_WEBHOOK_SECRET,
      );

  check(
    await host.until(async () => (await countComponents(host)) === 3),
    'the poll made three entities',
  );
  const answer = await shell(adapt(blockWith(readme, 'openssl dgst')));
  check(/ 202 /.test(answer), 'the webhook of the README is answered with 202');
  check(
    await host.until(
      async () => (await versionOf(host, 'payments-api')) === '1.4.2',
    ),
    'the entity shows the deployment',
  );
  const notify = adapt(blockWith(readme, 'bash examples/notify.sh')).replace(
    'examples/',
    `${host.moduleFolder}/examples/`,
  );
  check(
    (await shell(notify)).trim().length > 0,
    'examples/notify.sh gives the id of a delivery',
  );
  const operate = adapt(blockWith(readme, '/sync"'))
    .split('\n')
    .filter(line => !line.includes('<hash>'))
    .map(line => line.replace('curl -s ', 'curl -sf '))
    .join('\n');
  check(
    /"status": ?"started"/.test(await shell(operate)),
    'the calls for operators are answered',
  );
  const tried = await host.run(
    join(host.folder, 'node_modules/.bin/catalog-custom-data'),
    ['try', '--source', 'service-registry', ...flagsOf(FILES)],
  );
  check(
    tried.includes('payments-api'),
    'catalog-custom-data try shows the records',
  );
}

async function checkOpenApi(host) {
  const { body } = await host.get(`${API}/openapi.json`);
  host.write('openapi.json', body);
  const redocly = ['exec', '--yes', `--package=${LINTER}`, '--', 'redocly'];
  const isValid = await host
    .run('npm', [...redocly, 'lint', 'openapi.json', '--extends=recommended'])
    .then(() => true)
    .catch(() => false);
  check(isValid, 'a linter has nothing to say of openapi.json');
}

async function checkAccess(host) {
  const anonymous = await host.get(`${API}/sources`, null);
  check(anonymous.status === 401, 'without a token: 401');
  const session = await fetch(`${host.url}/api/auth/guest/refresh`, {
    headers: { 'x-requested-with': 'XMLHttpRequest' },
  });
  const { token } = (await session.json()).backstageIdentity;
  for (const list of ['sources', 'senders', 'deployments', 'deliveries']) {
    const { status } = await host.get(`${API}/${list}`, token);
    check(status === 200, `a guest may read ${list}`);
  }
  const { body } = await host.get(
    '/api/catalog/.well-known/backstage/permissions/metadata',
  );
  check(
    body.permissions.some(each => each.name === 'customData.source.sync'),
    'the permissions are listed',
  );
  const tasks = await host.get('/api/catalog/.backstage/scheduler/v1/tasks');
  check(
    tasks.body.tasks.some(
      each => each.taskId === 'custom-data-service-registry-poll',
    ),
    'the tasks are listed',
  );
}

module.exports = {
  blockWith,
  checkAccess,
  checkConfig,
  checkOpenApi,
  configure,
  countComponents,
  FILES,
  serveRecords,
  versionOf,
  walkThrough,
};
