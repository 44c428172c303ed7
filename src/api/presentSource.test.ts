import type { KnownSource } from '../ingestion/control/createSourceControl';
import type { SourceReport } from '../ingestion/database/reports';
import { presentSource } from './presentSource';

describe('presentSource', () => {
  const now = new Date('2026-01-01T00:00:00.000Z');
  const http: KnownSource = {
    type: 'configured',
    name: 'registry',
    readBy: 'http',
    url: 'https://user:pass@registry.example.com/metadata?token=secret',
    poll: true,
    paused: false,
  };
  const report = (state: Partial<SourceReport['state']>): SourceReport => ({
    state: { failures: 0, ...state },
    entities: 1,
    problems: { errors: 0, warnings: 0, beyond: 0 },
  });
  const show = (
    source: KnownSource,
    state: Partial<SourceReport['state']> = {},
  ) => presentSource({ source, report: report(state), now });

  it('shows where a source is asked, without what may be secret', () => {
    expect(show(http)).toMatchObject({
      type: 'http',
      url: 'https://registry.example.com/metadata',
    });
    expect(show({ ...http, readBy: 'custom', url: undefined })).toMatchObject({
      type: 'custom',
      url: undefined,
    });
  });

  it('is running while a run is open and has not died', () => {
    const at = (ms: number) => ({
      lease: { runId: 'r', expiresAt: new Date(now.getTime() + ms) },
    });
    expect(show(http, at(1)).state).toBe('running');
    expect(show(http, at(0)).state).toBe('idle');
  });
});
