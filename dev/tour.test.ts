import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { createCompany } from './metadataApi/company';
import { readDevConfig } from './testing';
import { createTour, readTourOptions } from './tour';

const SECRET = 'catalog-dev-webhook-secret';

const commandsOf = (tour: string) =>
  tour.split('\n').filter(line => /^(curl|BODY=)/.test(line));

async function tourOf(configFile: string) {
  const options = readTourOptions(await readDevConfig(configFile), {
    url: 'http://127.0.0.1:7017',
    token: 'metadata-token',
    file: '/somewhere/repos.yml',
  });
  const tour = createTour(options);
  return { options, tour, commands: commandsOf(tour) };
}

/** What curl would be given by a shell into which the command is pasted. */
async function argumentsOf(command: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    `curl() { printf '%s\\0' "$@"; }\n${command}`,
  ]);
  return stdout.split('\0').slice(0, -1);
}

describe.each(['app-config.yaml', 'app-config.govuk.yaml'])(
  'the tour of %s',
  configFile => {
    it('posts the same signed body with and without openssl', async () => {
      const { commands } = await tourOf(configFile);
      const webhooks = commands.filter(line => line.includes('/webhooks/ci'));
      const [plain, openssl] = await Promise.all(webhooks.map(argumentsOf));

      expect(webhooks).toHaveLength(2);
      expect(openssl).toEqual(plain);
      const body = plain.at(-1)!;
      expect(plain).toContain(
        `X-Catalog-Signature: ${createHmac('sha256', SECRET)
          .update(body)
          .digest('hex')}`,
      );
      expect(JSON.parse(body)).toMatchObject({ event: 'deployment.success' });
    });

    it('calls the catalog with the token of the config', async () => {
      const { commands } = await tourOf(configFile);

      expect(await argumentsOf(commands[0])).toEqual([
        '-s',
        '-H',
        'Authorization: Bearer catalog-dev-token',
        expect.stringMatching(
          /^http:\/\/localhost:7007\/api\/catalog\/entities\/by-query\?/,
        ),
      ]);
    });

    it('names the annotations that will have changed', async () => {
      const { tour } = await tourOf(configFile);

      expect(tour).toContain('custom/deployed-version.production');
      expect(tour).toContain('custom/deployed-at.production');
    });
  },
);

describe('what can be changed', () => {
  it('is a service of the company, and its faults', async () => {
    const { options, commands } = await tourOf('app-config.yaml');
    const { service } = options;
    const change = await argumentsOf(
      commands.find(line => line.includes('-X PUT'))!,
    );
    const faults = commands.filter(line => line.includes('/faults'));

    expect(createCompany().map(record => record.serviceId)).toContain(service);
    expect(change).toContain(`http://127.0.0.1:7017/metadata/${service}`);
    expect(JSON.parse(change.at(-1)!)).toMatchObject({ team: 'treasury' });
    expect(faults).toHaveLength(2);
  });

  it('is the file where there is one', async () => {
    const { tour } = await tourOf('app-config.govuk.yaml');

    expect(tour).toContain('/somewhere/repos.yml');
    expect(tour).not.toContain('/faults');
  });
});
