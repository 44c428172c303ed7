import { CatalogModelSources } from '@backstage/catalog-model/alpha';
import { mockLogger } from '../__testUtils__/mockLogger';
import { createModelReader } from './createModelReader';

const kindsOf = async (read: ReturnType<typeof createModelReader>) =>
  (await read()).listKinds().map(({ names }) => names.kind);

describe('createModelReader', () => {
  it.each([
    ['tells nothing of its layers', {}],
    ['has none', { modelSources: [] }],
    ['has those of its own', { modelSources: [CatalogModelSources.default()] }],
  ])("gives the catalog's own kinds where it %s", async (_, host) => {
    const logger = mockLogger();
    const kinds = await kindsOf(createModelReader(host, logger));
    expect(kinds).toContain('Component');
    expect(kinds).toHaveLength(8);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it("gives the catalog's own kinds while layers cannot be read, and says so", async () => {
    const logger = mockLogger();
    let isDown = true;
    const none = {
      async *read() {
        if (isDown) {
          throw new Error('down');
        }
        yield { data: [] };
      },
    };
    const read = createModelReader({ modelSources: [none] }, logger);
    await expect(kindsOf(read)).resolves.toContain('Component');
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('cannot be read'),
      expect.objectContaining({ message: 'down' }),
    );
    isDown = false;
    await expect(kindsOf(read)).resolves.toEqual([]);
  });
});
