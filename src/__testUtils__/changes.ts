import type { JsonObject } from '@backstage/types';
import { json, once, onSecondPage, reset } from './faultyAnswers';
import type { Answer } from './startFaultyApi';
import {
  pages,
  record,
  recordsOf,
  request,
  teamsOf,
  type Teams,
} from './teams';

export interface Change {
  source?: JsonObject;
  list: unknown[];
  answer?: Answer;
  shows: Teams;
  says?: object;
  problems?: string[];
  /** How many entities what comes after removes, which somebody has to approve. */
  approved?: number;
}

/** What each source begins with. */
export const A = teamsOf('team-a', 1, 4);
export const B = teamsOf('team-b', 1, 4);
/** What each source has in the end. */
export const AFTER = { ...teamsOf('team-c', 1, 3), ...teamsOf('team-c', 5, 5) };
export const changed = recordsOf(B);
const [first, , ...rest] = changed;
const without2 = (teams: Teams) => {
  const { 'service-2': _, ...others } = { ...B, ...teams };
  return others;
};
const held = (count: number, reason: string) => ({
  entities: 4,
  pendingPlan: { count },
  lastRun: { held: expect.stringContaining(reason) },
});
const undecided = {
  lastRun: { held: expect.stringContaining('cannot be identified') },
};

/** What is no failure, and yet not to be taken at its word. */
export const CHANGES: Record<string, Change> = {
  emptied: { list: [], shows: A, says: held(4, 'an empty list') },
  halved: {
    list: changed.slice(0, 2),
    shows: { ...B, ...teamsOf('team-a', 3, 4) },
    says: held(2, '2 of 4 entities would be removed'),
  },
  doubled: {
    list: recordsOf(teamsOf('team-b', 1, 8)),
    shows: teamsOf('team-b', 1, 8),
    says: { entities: 8 },
    approved: 4,
  },
  'all-twice': {
    list: [...changed, ...changed.map(one => ({ ...one, team: 'team-c' }))],
    shows: A,
    problems: changed.map(() => 'record-id-twice'),
  },
  'one-twice': {
    list: [first, { ...first, team: 'team-c' }, ...rest],
    shows: without2({ 'service-1': 'team-a' }),
    problems: ['record-id-twice'],
    approved: 1,
  },
  'one-invalid': {
    list: [{ serviceId: 'service-1', team: ['b'] }, ...rest],
    shows: without2({ 'service-1': 'team-a' }),
    problems: ['expression-failed'],
    approved: 1,
  },
  'one-nameless': {
    list: [{ team: 'team-b' }, ...rest, record('service-5', 'team-b')],
    shows: { ...A, ...teamsOf('team-b', 3, 5) },
    says: undecided,
    problems: ['record-without-id'],
  },
  'one-text': {
    list: ['service-1', ...rest],
    shows: { ...A, ...teamsOf('team-b', 3, 4) },
    says: undecided,
    problems: ['record-not-an-object'],
  },
  'page-hole': {
    source: pages.page,
    list: changed,
    answer: onSecondPage(json([])),
    shows: { ...A, ...teamsOf('team-b', 1, 2) },
    says: held(2, '2 of 4 entities would be removed'),
  },
  'link-lost': {
    source: pages.link,
    list: changed,
    answer: call => json(call.list.records.slice(0, 2))(call),
    shows: { ...A, ...teamsOf('team-b', 1, 2) },
    says: held(2, '2 of 4 entities would be removed'),
  },
  'reset-once': {
    source: request({ retries: 1 }),
    list: changed,
    answer: once(reset),
    shows: B,
  },
};
