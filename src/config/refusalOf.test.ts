import { refusalOf } from './refusalOf';

describe('refusalOf', () => {
  it('lists everything misconfigured', () => {
    expect(
      refusalOf([
        { key: 'catalog.customData.retention', reason: 'unknown key' },
        { key: 'catalog.customData.sources.a.url', reason: 'is no URL' },
      ]),
    ).toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(
        '- catalog.customData.retention: unknown key\n- catalog.customData.sources.a.url: is no URL',
      ),
    });
  });

  it('refuses nothing where nothing is misconfigured', () => {
    expect(refusalOf([])).toBeUndefined();
  });
});
