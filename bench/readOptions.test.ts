import { CASES } from './cases';
import { readOptions } from './readOptions';

describe('readOptions', () => {
  it('has a default for everything but the command', () => {
    expect(readOptions(['ingest'])).toEqual({
      command: 'ingest',
      records: 10_000,
      rounds: 5,
      cases: [...CASES],
      subjects: ['module', 'full', 'incremental', 'bare'],
      json: undefined,
    });
    expect(readOptions(['memory'])).toMatchObject({
      records: 100_000,
      rounds: 3,
    });
    expect(readOptions(['ingest', '--records', '50000'])).toMatchObject({
      rounds: 3,
    });
  });

  it('has cases and subjects of its own for webhooks', () => {
    expect(readOptions(['webhooks', '--subjects', 'bare,module'])).toEqual({
      command: 'webhooks',
      records: 10_000,
      rounds: 3,
      cases: ['load', 'refused', 'visible', 'processor'],
      subjects: ['module', 'bare'],
      json: undefined,
    });
    expect(() => readOptions(['webhooks', '--cases', 'first'])).toThrow(
      '--cases has "first"; there is load, refused, visible, processor',
    );
  });

  it('reads flags, and keeps the order in which cases have to run', () => {
    expect(
      readOptions([
        'ingest',
        '--records=50000',
        '--rounds',
        '1',
        '--cases',
        'changed-1,first',
        '--subjects',
        'full',
        '--json',
        'out.json',
      ]),
    ).toMatchObject({
      records: 50_000,
      rounds: 1,
      cases: ['first', 'changed-1'],
      subjects: ['full'],
      json: 'out.json',
    });
  });

  it.each([
    [[], 'command has ""; there is ingest, memory, mapping, webhooks'],
    [['ingestion'], '"ingestion"'],
    [['ingest', 'memory'], 'One command is needed'],
    [['ingest', '--rounds', '0'], '--rounds is "0"'],
    [['ingest', '--records', '1e3'], '--records is "1e3"'],
    [['ingest', '--cases', 'first,none'], '--cases has "none"'],
    [['ingest', '--subjects', ''], '--subjects has ""'],
    [['ingest', '--watch'], '--watch'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});
