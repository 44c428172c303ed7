import { parseTarget } from './CustomDataProcessor';

describe('parseTarget', () => {
  it.each([
    ['registry/payments-api', 'registry', 'payments-api'],
    ['my-registry/team/repo', 'my-registry', 'team/repo'],
  ])('takes %p apart', (target, source, recordId) => {
    expect(parseTarget(target)).toEqual({ source, recordId });
  });

  it.each([
    '',
    'registry',
    'registry/',
    '/payments-api',
    'Registry/x',
    'https://x/y',
  ])('refuses %p and says how to write it', target => {
    expect(() => parseTarget(target)).toThrow('<source>/<record id>');
  });
});
