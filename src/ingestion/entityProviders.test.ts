import { IdleEntityProvider } from './entityProviders';

describe('IdleEntityProvider', () => {
  it('emits nothing, and lends its connection', async () => {
    const catalog = { applyMutation: jest.fn(), refresh: jest.fn() };
    const provider = new IdleEntityProvider({ name: 'custom-data-a' });
    expect(provider.connection).toBeUndefined();

    await provider.connect(catalog);

    expect(provider.getProviderName()).toBe('custom-data-a');
    expect(provider.connection).toBe(catalog);
    expect(catalog.applyMutation).not.toHaveBeenCalled();
  });

  it('throws its refusal on connecting', async () => {
    const provider = new IdleEntityProvider({
      name: 'custom-data',
      refusal: new Error('misconfigured, and strict'),
    });

    const catalog = { applyMutation: jest.fn(), refresh: jest.fn() };
    await expect(provider.connect(catalog)).rejects.toThrow('strict');
  });
});
