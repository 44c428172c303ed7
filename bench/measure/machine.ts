import { cpus, totalmem } from 'node:os';

/** What figures depend on beside the code. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryMb: number;
  node: string;
  postgres?: string;
}

export function describeMachine(postgres?: string): Machine {
  const [{ model }, ...others] = cpus();
  return {
    cpu: model.trim(),
    cores: others.length + 1,
    memoryMb: Math.round(totalmem() / 1e6),
    node: process.version,
    ...(postgres && { postgres }),
  };
}
