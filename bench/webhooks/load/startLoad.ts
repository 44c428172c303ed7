import { resolve } from 'node:path';
import { Worker } from '../../measure/worker';
import type { LoadOrder } from './process';
import type { LoadMeasurement } from './sendAll';

export interface Load {
  send(order: LoadOrder): Promise<LoadMeasurement>;
  stop(): Promise<void>;
}

export function startLoad(): Load {
  const worker = Worker.start(resolve(__dirname, 'process.ts'));
  return {
    send: order => worker.ask('send', order),
    stop: () => worker.stop(),
  };
}
