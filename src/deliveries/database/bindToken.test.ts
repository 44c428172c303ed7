import { describeTables } from '../../database/__testUtils__/describeTables';
import { bindToken } from './bindToken';

describeTables('bindToken on %p', tables => {
  const token = 'a'.repeat(64);
  const endsAt = new Date('2026-11-22T12:05:30Z');
  const bind = (usedFor: string) =>
    bindToken({
      knex: tables.knex,
      token,
      usedFor: usedFor.repeat(64),
      endsAt,
    });

  it('binds a token to what it is first used for', async () => {
    expect(await bind('1')).toBe(true);
    expect(await bind('1')).toBe(true);
    expect(await bind('2')).toBe(false);
    expect(await bind('1')).toBe(true);
  });

  it('binds it once, whoever comes at the same moment', async () => {
    const uses = ['1', '2', '3', '4', '5', '6'];
    const bound = await Promise.all(uses.map(bind));
    expect(bound.filter(Boolean)).toHaveLength(1);
  });
});
