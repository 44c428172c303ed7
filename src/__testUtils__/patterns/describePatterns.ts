import {
  createMockDirectory,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { missingTools } from '../examples/runShell';
import { waitFor } from '../waitFor';
import {
  parseReference,
  type Reference,
  readReferenceText,
} from './readReference';
import { type Portal, startPortal } from './startPortal';

const TOOLS = ['bash', 'curl', 'jq', 'openssl', 'awk'];

export interface PatternsWorld {
  /** From within a test. */
  readonly portal: Portal;
  reference: Reference;
  files: ReturnType<typeof createMockDirectory>;
  /** The entity, once the catalog has it. */
  untilEntity(name: string): Promise<any>;
}

/**
 * Tests of what the reference says, beside a portal that runs. They are skipped
 * where the reference, or a program that it uses, is missing.
 */
export function describePatterns(
  name: string,
  tests: (world: PatternsWorld) => void,
): void {
  const missing = missingTools(TOOLS);
  const text = readReferenceText();
  if (text === undefined) {
    missing.push('../shared/reference');
  }
  const without = missing.length > 0 ? ` (without ${missing.join(', ')})` : '';
  const describeHere = without ? describe.skip : describe;
  const reference = parseReference(text);
  describeHere(`${name}${without}`, () => {
    const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
    const files = createMockDirectory();
    let portal: Portal | undefined;
    const untilEntity = (entity: string) =>
      waitFor(async () => {
        const answer = await portal!.call(
          `GET /entities/by-name/component/default/${entity}`,
        );
        expect(answer.status).toBe(200);
        return answer.body;
      });

    beforeAll(async () => {
      portal = await startPortal({
        knex: await databases.init('SQLITE_3'),
        cwd: files.path,
        reference,
      });
      await untilEntity('payments-api');
    });

    afterAll(async () => {
      await portal?.stop();
    });

    tests({
      get portal() {
        return portal!;
      },
      reference,
      files,
      untilEntity,
    });
  });
}
