import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ScriptedAnswer =
  | { status: number; body: string; headers?: Record<string, string> }
  | 'hang up';

/** A server that gives these answers one after the other, and then the last. */
export async function startAnswers(answers: ScriptedAnswer[]) {
  const requests: Array<{ headers: IncomingHttpHeaders; body: string }> = [];
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) {
      body += chunk;
    }
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push({ headers: req.headers, body });
    if (answer === 'hang up') {
      req.socket.destroy();
      return;
    }
    res.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    stop: () => new Promise(resolve => server.close(resolve)),
  };
}
