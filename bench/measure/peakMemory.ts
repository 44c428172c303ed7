import { readFileSync, writeFileSync } from 'node:fs';

/** The process's memory now, in MB of 10^6 bytes. */
export const memoryMb = () => process.memoryUsage.rss() / 1e6;

/**
 * Looks at the process's memory from now on; what it returns tells the peak in
 * MB. Linux keeps a peak that can be reset. Elsewhere it is that of the
 * process's whole life, which is too much rather than too little.
 */
export function watchPeakMemory(): () => number {
  if (process.platform !== 'linux') {
    return () => (process.resourceUsage().maxRSS * 1024) / 1e6;
  }
  writeFileSync('/proc/self/clear_refs', '5');
  return () => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    return (Number(kilobytes) * 1024) / 1e6;
  };
}
