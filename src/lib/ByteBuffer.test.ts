import { ByteBuffer } from './ByteBuffer';

describe('ByteBuffer', () => {
  it('holds what was appended, in order', () => {
    const buffer = new ByteBuffer();
    const expected: number[] = [];
    for (const size of [0, 1, 2, 1000, 0, 3, 70_000, 1]) {
      const chunk = Uint8Array.from({ length: size }, (_, i) => i % 251);
      buffer.append(chunk);
      buffer.push(size % 256);
      expected.push(...chunk, size % 256);
    }
    expect(buffer.length).toBe(expected.length);
    expect([...buffer.bytes()]).toEqual(expected);
  });

  it('does not change what it gave away', () => {
    const buffer = new ByteBuffer();
    buffer.append(Buffer.from('first'));
    const first = buffer.take();
    expect(buffer.length).toBe(0);
    buffer.append(Buffer.from('other'));
    expect(first.toString()).toBe('first');
    expect(buffer.take().toString()).toBe('other');
  });
});
