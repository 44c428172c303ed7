/*
 * Rows of docs/patterns.md: what the reference of catalog integration prints, as
 * it is printed, and what works in its place.
 */
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { describePatterns } from './__testUtils__/patterns/describePatterns';
import { indent } from './__testUtils__/patterns/readReference';
import { TOKEN } from './__testUtils__/patterns/startPortal';
import { waitFor } from './__testUtils__/waitFor';

const ROOT = resolve(__dirname, '..');
const OFFICIAL = join(ROOT, 'node_modules/.bin/backstage-cli');
const OURS = join(ROOT, 'bin/catalog-custom-data.js');
const WITH_TOKEN = ` -H "Authorization: Bearer ${TOKEN}"`;
const statusOf = (output: string) => JSON.parse(output).response.statusCode;

describePatterns('the commands of the reference', world => {
  const { files, reference } = world;
  const { blocks, commands } = reference;

  it('lists schemas as printed', async () => {
    const { code, stdout } = await world.portal.run(commands[0]);
    expect({ code, names: stdout.split('\n') }).toEqual({
      code: 0,
      names: expect.arrayContaining([
        '"Component.v1alpha1"',
        '"Location.v1alpha1"',
      ]),
    });
  });

  it('reaches the backend by its host and port, not by its URL', async () => {
    const [, , host, port] = world.portal.fill(commands[1]).split(' ');
    const error = await new Promise<unknown>(done => {
      connect({ host, port: Number(port) }).on('error', done);
    });
    expect(error).toMatchObject({ syscall: 'getaddrinfo' });
    const { code } = await world.portal.run(
      'curl -sSf ${CATALOG_BACKEND_URL}/.backstage/health/v1/readiness',
    );
    expect(code).toBe(0);
  });

  it('posts the manifest, and says how to keep its line breaks', async () => {
    files.addContent({
      'catalog-locations.yaml': world.portal.fill(
        indent(blocks[0], '0000110122'),
      ),
    });
    const printed = await world.portal.run(commands[2]);
    expect(statusOf(printed.stdout)).toBe(400);
    expect(printed.stdout).toContain('--data-binary');
    const { stdout } = await world.portal.run(
      commands[2].replace('-d @', '--data-binary @'),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'org-catalog-sync',
      items: [
        { state: 'registered', note: expect.stringContaining('discovery') },
      ],
      notes: [expect.stringContaining('more than once')],
    });
  });

  it('shows the manifest by its name, with the state of its targets', async () => {
    const printed = await world.portal.run(commands[3]);
    expect({ code: printed.code, stdout: printed.stdout }).toEqual({
      code: 5,
      stdout: '',
    });
    const named = commands[3].replace(
      '/catalog/locations"',
      `/catalog/custom-data/locations"${WITH_TOKEN}`,
    );
    await waitFor(async () => {
      const { stdout } = await world.portal.run(named);
      expect(JSON.parse(stdout)).toMatchObject({
        name: 'org-catalog-sync',
        targets: [{ state: 'failed', errors: [{ name: expect.any(String) }] }],
      });
    });
  });

  it('takes the signed webhook once the payload that is signed is the one that is sent', async () => {
    const [, payload] = /-d '(.*)'$/s.exec(commands[4])!;
    const send = async (command: string, service: string) => {
      const filled = command
        .replaceAll('${{ github.event.deployment.service }}', service)
        .replaceAll('${{ github.sha }}', '1f0c3a2');
      const { stdout } = await world.portal.run(filled);
      return JSON.parse(stdout);
    };
    const unsigned = await send(commands[4], 'payments-api');
    expect(unsigned.response.statusCode).toBe(401);
    const signed = commands[4].replace('${PAYLOAD}', payload);
    // GitHub's event has no such field, and gives nothing for it.
    expect((await send(signed, '')).response.statusCode).toBe(400);
    const { id } = await send(signed, 'payments-api');
    await waitFor(async () => {
      const { body } = await world.portal.call(
        `GET /custom-data/deliveries/${id}`,
      );
      expect(body.state).toBe('done');
    });
  });

  it('shows the relations of an entity as printed', async () => {
    const { stdout } = await world.portal.run(commands[5]);
    expect(JSON.parse(stdout)).toEqual([
      { type: 'ownedBy', targetRef: 'group:default/team-a' },
    ]);
  });

  it('checks a manifest, with the official command of that name and with ours', async () => {
    files.addContent({
      'catalog-info.yaml':
        'apiVersion: backstage.io/v1alpha1\nkind: Component\n',
    });
    const official = await world.portal.run(
      commands[6].replace('npx @backstage/cli', OFFICIAL),
    );
    expect(official).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--path'),
    });
    const ours = await world.portal.run(
      `${process.execPath} ${OURS} validate ./catalog-info.yaml`,
    );
    expect(ours).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('metadata'),
    });
    const { stdout } = await world.portal.run(
      `curl -s \${CATALOG_BACKEND_URL}/api/catalog/custom-data/validate --data-binary @catalog-info.yaml${WITH_TOKEN}`,
    );
    expect(JSON.parse(stdout).errors).toBeGreaterThan(0);
  });

  it('rehearses a location, registers nothing, and compares it with an expected graph', async () => {
    const printed = await world.portal.run(commands[7]);
    expect(statusOf(printed.stdout)).toBe(401);
    const expected = JSON.stringify({
      entities: ['component:default/of-a-repository'],
    });
    const { stdout } = await world.portal.run(
      commands[7].replace('"}', `", "expected": ${expected}}`) + WITH_TOKEN,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      entities: [{ metadata: { name: 'of-a-repository' } }],
      comparison: { isSame: true },
    });
    const { body } = await world.portal.call('GET /locations');
    expect(JSON.stringify(body)).not.toContain('acme/repo');
  });

  it('finds what nobody has updated for 90 days, which the catalog does not record', async () => {
    const printed = await world.portal.run(commands[8]);
    expect(printed).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('"items"'),
    });
    const { stdout } = await world.portal.run(
      `curl -s -X POST \${CATALOG_BACKEND_URL}/api/catalog/custom-data/clean-up${WITH_TOKEN} | jq '.counts.stale, .counts.orphans'`,
    );
    expect(stdout).toBe('0\n0\n');
  });

  it('exports the entities with a token, and restores one from that file as printed', async () => {
    const printed = await world.portal.run(
      `${commands[9]}; cat catalog-backup-*`,
    );
    expect(statusOf(printed.stdout)).toBe(401);
    const exporting = commands[9].replace(' >', `${WITH_TOKEN} >`);
    const { stdout } = await world.portal.run(`${exporting}\n${commands[10]}`);
    expect(JSON.parse(stdout)).toMatchObject({
      entityRef: 'component:default/payments-api',
      source: 'services',
    });
    const imported = await world.portal.run(
      `curl -s \${CATALOG_BACKEND_URL}/api/catalog/custom-data/snapshots/import -H 'Content-Type: application/json' --data-binary @"$(ls catalog-backup-*)"${WITH_TOKEN}`,
    );
    expect(JSON.parse(imported.stdout)).toMatchObject({ origin: 'imported' });
  });

  it('refreshes all managed entities as printed, and tells how far it came', async () => {
    const { stdout } = await world.portal.run(commands[11]);
    const { href, total } = JSON.parse(stdout);
    expect(total).toBeGreaterThan(0);
    await waitFor(async () => {
      const { body } = await world.portal.call(
        `GET ${href.replace('/api/catalog', '')}`,
      );
      expect(body).toMatchObject({ state: 'done', done: total, failed: 0 });
    });
  });
});
