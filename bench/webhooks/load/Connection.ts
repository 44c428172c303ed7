import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerReader, type Answer } from './AnswerReader';

/** A connection that is kept, with one request on its way at a time. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new AnswerReader();
  #resolve: ((answer: Answer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', chunk => this.#read(chunk));
    socket.on('error', error => this.#reject?.(error));
    socket.on('close', () =>
      this.#reject?.(new Error('The connection was closed without an answer')),
    );
  }

  send(request: Buffer): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      const answer = this.#reader.push(chunk);
      if (answer) {
        this.#resolve?.(answer);
      }
    } catch (error) {
      this.#reject?.(error as Error);
    }
  }
}
