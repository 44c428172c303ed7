import { AnswerReader } from './AnswerReader';

const ANSWER =
  'HTTP/1.1 202 Accepted\r\nX-A: b\r\nContent-Length: 4\r\n\r\nabcd';

const read = (reader: AnswerReader, text: string) => {
  const answer = reader.push(Buffer.from(text));
  return answer && [answer.status, `${answer.body}`];
};

describe('AnswerReader', () => {
  it('reads an answer that comes in any pieces', () => {
    for (let at = 1; at < ANSWER.length; at += 1) {
      const reader = new AnswerReader();
      expect(read(reader, ANSWER.slice(0, at))).toBeUndefined();
      expect(read(reader, ANSWER.slice(at))).toEqual([202, 'abcd']);
    }
  });

  it('reads one after the other', () => {
    const reader = new AnswerReader();
    expect(read(reader, ANSWER)).toEqual([202, 'abcd']);
    expect(read(reader, 'HTTP/1.1 204 No Content\r\n\r\n')).toEqual([204, '']);
    expect(read(reader, ANSWER)).toEqual([202, 'abcd']);
  });

  it('passes over what tells a caller to go on', () => {
    const reader = new AnswerReader();
    expect(read(reader, `HTTP/1.1 100 Continue\r\n\r\n${ANSWER}`)).toEqual([
      202,
      'abcd',
    ]);
  });

  it('reads an answer that ends with its connection', () => {
    const reader = new AnswerReader();
    expect(
      read(reader, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nwhy'),
    ).toBeUndefined();
    expect(reader.end()).toMatchObject({ status: 400 });
    expect(new AnswerReader().end()).toBeUndefined();
  });

  it('puts chunks together', () => {
    const head = 'HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n';
    const text = `${head}\r\n3\r\nabc\r\n5\r\nd0\r\n1\r\n0\r\n\r\n`;
    for (let at = 1; at < text.length; at += 1) {
      const reader = new AnswerReader();
      expect(read(reader, text.slice(0, at))).toBeUndefined();
      expect(read(reader, text.slice(at))).toEqual([401, 'abcd0\r\n1']);
    }
  });

  it('says so where that is no answer', () => {
    expect(() => read(new AnswerReader(), 'SSH-2.0-x\r\n\r\n')).toThrow(
      'An answer begins with "SSH',
    );
  });
});
