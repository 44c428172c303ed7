import { IdleEntityProvider } from './IdleEntityProvider';
import { FakeCatalog } from './__testUtils__/fakes';

describe('IdleEntityProvider', () => {
  it('emits nothing, and lends its connection', async () => {
    const catalog = new FakeCatalog();
    const provider = IdleEntityProvider.create({ name: 'custom-data-a' });
    expect(provider.connection).toBeUndefined();

    await provider.connect(catalog);

    expect(provider.getProviderName()).toBe('custom-data-a');
    expect(provider.connection).toBe(catalog);
    expect(catalog.mutations).toEqual([]);
  });

  it('stops the start where it is told to', async () => {
    const provider = IdleEntityProvider.create({
      name: 'custom-data',
      refusal: new Error('misconfigured, and strict'),
    });

    await expect(provider.connect(new FakeCatalog())).rejects.toThrow('strict');
  });
});
