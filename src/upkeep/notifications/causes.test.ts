import type { Integration } from '../integrations/integration';
import { findCauses, readKey } from './causes';

const NOW = new Date('2026-11-30T12:00:00.000Z');
const MINUTE = 60_000;

const finding = (code: string) => ({
  code,
  severity: code === 'plan-held' ? ('warning' as const) : ('error' as const),
  message: `${code} it is`,
});

function integration(overrides: Partial<Integration> = {}): Integration {
  return {
    type: 'source',
    name: 'registry',
    owner: 'group:default/data',
    state: 'configured',
    kinds: [],
    namespaces: [],
    credentials: [],
    counts: {},
    problems: { errors: 0, warnings: 0 },
    findings: [],
    ...overrides,
  };
}

const causesOf = (given: Partial<Integration>, failingFor?: number) =>
  findCauses({
    integrations: [integration(given)],
    failingSince: new Map(
      failingFor === undefined
        ? []
        : [['registry', new Date(NOW.getTime() - failingFor)]],
    ),
    alertAfter: 60 * MINUTE,
    now: NOW,
  });

describe('findCauses', () => {
  it('finds held plans and dead deliveries, and nothing that nobody has to be told of', () => {
    const codes = ['plan-held', 'dead-deliveries', 'no-owner', 'never-used'];
    expect(causesOf({ findings: codes.map(finding) })).toEqual([
      {
        key: 'source:registry:plan-held',
        type: 'source',
        name: 'registry',
        code: 'plan-held',
        isError: false,
        owner: 'group:default/data',
        message: 'plan-held it is',
      },
      expect.objectContaining({
        key: 'source:registry:dead-deliveries',
        isError: true,
      }),
    ]);
  });

  it.each([
    [59, 0],
    [60, 1],
    [undefined, 0],
  ])('of a source that fails for %p minutes, finds %p', (minutes, count) => {
    const failingFor = minutes === undefined ? minutes : minutes * MINUTE;
    const found = causesOf({ findings: [finding('failing')] }, failingFor);
    expect(found).toHaveLength(count);
  });

  it('finds each credential that is due', () => {
    const credential = (id: string, isDue: boolean) => ({
      id,
      isDue,
      firstSeenAt: '2026-08-01T00:00:00.000Z',
      ageDays: 121,
      dueAt: '2026-10-30T00:00:00.000Z',
    });
    const found = causesOf({
      type: 'sender',
      name: 'ci',
      credentials: [
        credential('a:1', true),
        credential('b', false),
        credential('c', true),
      ],
      findings: [finding('credential-due'), finding('credential-due')],
    });
    expect(found.map(({ key }) => key)).toEqual([
      'sender:ci:credential-due:a:1',
      'sender:ci:credential-due:c',
    ]);
    expect(readKey(found[0].key)).toEqual({
      type: 'sender',
      name: 'ci',
      code: 'credential-due',
    });
  });
});
