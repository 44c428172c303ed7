import { safeText } from './safeText';

describe('safeText', () => {
  it('takes the NUL out of a text, and leaves the rest', () => {
    expect(safeText('a\0b')).toBe('a\uFFFDb');
    expect(safeText('größer\n')).toBe('größer\n');
  });
});
