import { connect } from 'node:net';
import { AnswerReader, type Answer } from '../webhooks/load/AnswerReader';

/** How long it is waited for an answer. */
const TIMEOUT_MS = 10_000;

/**
 * Sends bytes over a connection of their own and reads the first answer;
 * undefined where the connection ends or time is over without one. After what
 * is no whole request, nothing more is said to come.
 */
export function sendOnce(options: {
  port: number;
  bytes: Buffer;
  whole: boolean;
}): Promise<Answer | undefined> {
  const { port, bytes, whole } = options;
  return new Promise(resolve => {
    const reader = new AnswerReader();
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (answer: Answer | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TIMEOUT_MS, () => finish(undefined));
    socket.on('connect', () =>
      whole ? socket.write(bytes) : socket.end(bytes),
    );
    socket.on('data', chunk => {
      const answer = reader.push(chunk);
      if (answer) {
        finish(answer);
      }
    });
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(reader.end()));
  });
}
