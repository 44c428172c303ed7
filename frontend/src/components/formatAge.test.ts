import { formatAge } from './formatAge';

const NOW = new Date('2026-12-01T12:00:00Z');

it.each([
  ['2026-12-01T11:59:18Z', '42 seconds ago'],
  ['2026-12-01T11:00:01Z', '59 minutes ago'],
  ['2026-12-01T09:00:00Z', '3 hours ago'],
  ['2026-11-21T12:00:00Z', '10 days ago'],
  ['2026-12-01T12:05:00Z', 'in 5 minutes'],
])('says of %s that it is %s', (time, text) => {
  expect(formatAge(new Date(time), NOW, 'en')).toBe(text);
});
