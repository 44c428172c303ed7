import { mockCredentials } from '@backstage/backend-test-utils';
import type { ProblemReport } from '../ingestion/database/reports';
import { visibleProblems } from './visibleProblems';

const refOf = (name: string) => `component:default/${name}`;
const problem = (
  more: Pick<ProblemReport, 'recordId' | 'entityRef'>,
): ProblemReport => ({
  code: 'expression-failed',
  severity: 'error',
  message: '…',
  firstSeenAt: '2026-11-22T12:00:00.000Z',
  ...more,
});

describe('visibleProblems', () => {
  const seen = async (...problems: ProblemReport[]) => {
    const given = new Map([
      ['mine', [refOf('mine'), refOf('mine-too')]],
      ['shared', [refOf('mine'), refOf('theirs')]],
    ]);
    return visibleProblems({
      source: 'registry',
      problems,
      caller: mockCredentials.user(),
      manage: {
        refsOfRecords: async (_, ids) =>
          new Map([...given].filter(([id]) => ids.includes(id))),
      },
      visibleRefs: async refs =>
        new Set([...refs].filter(ref => ref.includes('mine'))),
    });
  };

  it('shows what is about an entity that the caller may see', async () => {
    const mine = [
      problem({ recordId: 'mine' }),
      problem({ recordId: 'mine', entityRef: refOf('mine') }),
      problem({ entityRef: refOf('mine') }),
    ];
    await expect(seen(...mine)).resolves.toEqual(mine);
  });

  it('shows nothing of another entity, nor of a record that gives one', async () => {
    await expect(
      seen(
        problem({ recordId: 'shared' }),
        problem({ recordId: 'mine', entityRef: refOf('theirs') }),
        problem({ entityRef: refOf('theirs') }),
      ),
    ).resolves.toEqual([]);
  });

  it('shows what is about nothing in the catalog', async () => {
    const loose = [problem({}), problem({ recordId: 'never-mapped' })];
    await expect(seen(...loose)).resolves.toEqual(loose);
  });
});
