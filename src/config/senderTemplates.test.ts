import { readAudience } from './senderTemplates';

describe('readAudience', () => {
  it('tells whom events are about although the rest is at fault', () => {
    expect(
      readAudience({
        secrets: [],
        entity: 'component:shop/{service}',
        aliases: { Old: 'new' },
      }),
    ).toEqual({ entity: 'component:shop/{service}', aliases: { old: 'new' } });
  });

  it('falls back to the defaults', () => {
    const defaults = { entity: 'component:default/{service}', aliases: {} };
    expect(readAudience({ entity: 'nonsense', aliases: 7 })).toEqual(defaults);
    expect(readAudience('nonsense')).toEqual(defaults);
  });
});
