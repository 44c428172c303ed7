import { safeText } from './safeText';

describe('safeText', () => {
  it('takes what PostgreSQL refuses out of a text, and leaves the rest', () => {
    expect(safeText('a\0b')).toBe('a\uFFFDb');
    expect(safeText('a\uD83Db \uDE00')).toBe('a\uFFFDb \uFFFD');
    expect(safeText('\u{1F600}')).toBe('\u{1F600}');
    expect(safeText('größer\n')).toBe('größer\n');
  });
});
