/*
 * A Backstage that somebody else made: a Yarn workspace with a backend in
 * `packages/backend`, as `@backstage/create-app` lays it out, less its frontend
 * and what the module has nothing to do with.
 */
const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const { join } = require('node:path');
const { promisify } = require('node:util');

const { name: NAME } = require('../../package.json');

const REPOSITORY = join(__dirname, '../..');
const CLI = join(REPOSITORY, 'node_modules/.bin/backstage-cli');
/** What `@backstage/create-app` puts into a new workspace is 4 as well. */
const YARN = '@yarnpkg/cli-dist@4.9.4';
const TOKEN = 'test-install-token-0123456789';

/** Adds what `plugins.json` names, one by one. */
const INDEX = `
const { createBackend } = require('@backstage/backend-defaults');
const backend = createBackend();
for (const plugin of require('./plugins.json')) {
  backend.add(import(plugin));
}
backend.start();
`;

class Host {
  constructor({ folder, port, database }) {
    Object.assign(this, { folder, port, database });
    this.backend = join(folder, 'packages/backend');
    this.moduleFolder = join(folder, 'node_modules', NAME);
    this.url = `http://127.0.0.1:${port}`;
    this.token = TOKEN;
  }

  write(file, content) {
    fs.writeFileSync(
      join(this.folder, file),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
    );
  }

  /** Runs a command, and returns what it prints. */
  async run(command, args, options = {}) {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd: this.folder,
      maxBuffer: 1e8,
      ...options,
    });
    return stdout;
  }

  yarn(...args) {
    const yarn = ['exec', '--yes', `--package=${YARN}`, '--', 'yarn'];
    return this.run('npm', [...yarn, ...args]);
  }

  /** `backstage-cli` for the backend, with both files of configuration. */
  cli(command, ...args) {
    return this.run(CLI, [command, '--package', 'backend', ...args]);
  }

  async layOut({ dependencies, resolutions }) {
    fs.mkdirSync(this.backend, { recursive: true });
    this.write('package.json', {
      name: 'root',
      private: true,
      workspaces: ['packages/*'],
      resolutions,
    });
    this.write(
      '.yarnrc.yml',
      'nodeLinker: node-modules\nenableScripts: false\n',
    );
    this.write('yarn.lock', '');
    this.write('packages/backend/package.json', {
      name: 'backend',
      version: '0.0.0',
      private: true,
      backstage: { role: 'backend' },
      dependencies: { ...dependencies, pg: '^8.11.3' },
    });
    this.write('packages/backend/index.js', INDEX);
    this.plugins = Object.keys(dependencies).filter(name =>
      /plugin-.*-backend(-module.*)?$/.test(name),
    );
    this.use(this.plugins);
    this.write('app-config.yaml', {
      app: { baseUrl: this.url },
      auth: { providers: { guest: {} } },
      permission: { enabled: true },
      backend: {
        baseUrl: this.url,
        listen: { port: this.port, host: '127.0.0.1' },
        auth: {
          externalAccess: [
            { type: 'static', options: { token: TOKEN, subject: 'test' } },
          ],
        },
        database: { client: 'pg', connection: this.database },
      },
      catalog: { rules: [{ allow: ['Component', 'Location'] }] },
    });
    await this.yarn('install');
  }

  /** What the backend adds. */
  use(plugins) {
    this.write('packages/backend/plugins.json', plugins);
  }

  /** Where the packages of Backstage are, those inside other packages too. */
  async copies() {
    const found = await this.run('find', [
      '.',
      '-path',
      '*/node_modules/@backstage/*/package.json',
    ]);
    return found
      .trim()
      .split('\n')
      .filter(file => /@backstage\/[^/]+\/package\.json$/.test(file))
      .sort();
  }

  /** Starts the backend, and returns when it is ready. `settings` are keys of the configuration. */
  async start(configs, settings = {}) {
    const log = join(this.folder, 'backend.log');
    const out = fs.openSync(log, 'w');
    const args = ['app-config.yaml', ...configs].flatMap(file => [
      '--config',
      file,
    ]);
    const variables = Object.entries(settings).map(([key, value]) => [
      `APP_CONFIG_${key.replaceAll('.', '_')}`,
      JSON.stringify(value),
    ]);
    const child = spawn(
      process.execPath,
      ['--no-node-snapshot', 'packages/backend/index.js', ...args],
      {
        cwd: this.folder,
        stdio: ['ignore', out, out],
        env: {
          ...process.env,
          NODE_ENV: 'development',
          ...Object.fromEntries(variables),
        },
      },
    );
    fs.closeSync(out);
    const ended = new Promise(resolve => child.once('exit', resolve));
    this.stop = async () => {
      child.kill();
      await ended;
      this.stop = undefined;
    };
    const isReady = await this.until(async () => {
      if (child.exitCode !== null) {
        throw new Error(`The backend ended:\n${this.log()}`);
      }
      const answer = await this.get('/.backstage/health/v1/readiness');
      return answer.status === 200;
    });
    if (!isReady) {
      throw new Error(`The backend did not become ready:\n${this.log()}`);
    }
  }

  log() {
    return fs.readFileSync(join(this.folder, 'backend.log'), 'utf8');
  }

  /** What a GET answers; without a token if that is `null`. */
  async get(path, token = TOKEN) {
    const response = await fetch(`${this.url}${path}`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
    }).catch(() => undefined);
    const body = await response?.json().catch(() => undefined);
    return { status: response?.status, body };
  }

  /** Whether something became true within two minutes. */
  async until(isTrue) {
    for (const end = Date.now() + 120_000; Date.now() < end; ) {
      if (await isTrue()) {
        return true;
      }
      await new Promise(resolve => setTimeout(resolve, 500));
    }
    return false;
  }
}

module.exports = { Host };
