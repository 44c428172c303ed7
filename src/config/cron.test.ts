import { isCron } from './cron';

describe('isCron', () => {
  it.each([
    '* * * * *',
    '0 */6 * * *',
    '5 4 3 2 1 0',
    '0 8-18/2 * jan-mar mon,WED,fri',
    '0,30 * 1 * 7',
    '  0 0 * * *  ',
    '@daily',
  ])('takes "%s"', value => {
    expect(isCron(value)).toBe(true);
  });

  it.each([
    '',
    'daily',
    '@never',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 * 13 *',
    '0 0 * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    '1- * * * *',
    '0 0 * * moon',
    '0 0 ? * *',
    5,
    undefined,
  ])('refuses %j', value => {
    expect(isCron(value)).toBe(false);
  });
});
