import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import { catalogModuleCustomData } from '../../module';

/* A backend process of its own, with the configuration of its parent. */

async function main() {
  const config = new ConfigReader(JSON.parse(process.env.REPLICA_CONFIG!));
  const backend = createBackend();
  backend.add(
    createServiceFactory({
      service: coreServices.rootConfig,
      deps: {},
      factory: () => config,
    }),
  );
  backend.add(catalogPlugin);
  backend.add(catalogModuleCustomData);
  await backend.start();
  process.stdout.write('READY\n');
}

main().catch(error => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
