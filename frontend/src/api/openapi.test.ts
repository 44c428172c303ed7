/** @jest-environment node */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

it('has the types of what the backend answers; `npm run generate` makes them', () => {
  const script = resolve(__dirname, '../../scripts/generateTypes.mjs');
  const made = execFileSync(process.execPath, [script, '--print'], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(readFileSync(resolve(__dirname, 'openapi.ts'), 'utf8')).toBe(made);
}, 120_000);
