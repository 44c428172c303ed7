import type { AcceptedDelivery, NewDelivery } from '../deliveries/delivery';
import { createIntake, type Intake } from './createIntake';

const delivery = (name: string) => ({ payload: name } as NewDelivery);
const turn = () => new Promise(resolve => setImmediate(resolve));

describe('createIntake', () => {
  let statements: Array<{
    names: string[];
    commit: () => void;
    fail: (error: Error) => void;
  }>;
  let answers: string[];
  let time: number;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'Date', 'nextTick'] });
    statements = [];
    answers = [];
    time = 0;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const acceptAll = (deliveries: NewDelivery[]) =>
    new Promise<Array<AcceptedDelivery | Error>>((resolve, reject) => {
      const names = deliveries.map(({ payload }) => payload);
      statements.push({
        names,
        commit: () =>
          resolve(
            names.map(name =>
              name === 'bad'
                ? new Error('cannot be stored')
                : { id: name, repeated: false },
            ),
          ),
        fail: reject,
      });
    });

  const create = (options: { maxWaiting?: number; maxBytes?: number } = {}) =>
    createIntake({
      store: { acceptAll },
      now: () => new Date(time),
      ...options,
    });

  function accept(intake: Intake, ...names: string[]) {
    names.forEach(name => {
      intake.accept(delivery(name)).then(
        ({ id }) => answers.push(id),
        error => answers.push(`${name}: ${error.name}: ${error.message}`),
      );
    });
  }

  async function commit(statement: number) {
    statements[statement].commit();
    await turn();
  }

  async function pass(ms: number) {
    time += ms;
    await jest.advanceTimersByTimeAsync(ms);
    await turn();
  }

  it('stores what arrives together in one statement, and one at a time', async () => {
    const intake = create();
    accept(intake, 'a', 'b');
    await turn();
    accept(intake, 'c');
    await turn();
    accept(intake, 'd');
    await turn();
    expect(statements.map(({ names }) => names)).toEqual([['a', 'b']]);
    expect(answers).toEqual([]);

    await commit(0);
    expect(answers).toEqual(['a', 'b']);
    expect(statements[1].names).toEqual(['c', 'd']);
    await commit(1);
    expect(answers).toEqual(['a', 'b', 'c', 'd']);

    accept(intake, 'e');
    await turn();
    expect(statements[2].names).toEqual(['e']);
  });

  it('puts at most 200 into a statement, in the order of arrival', async () => {
    const names = Array.from({ length: 450 }, (_, i) => `n${i}`);
    accept(create(), ...names);
    for (let i = 0; i < 3; i++) {
      await turn();
      statements[i].commit();
    }
    await turn();
    expect(statements.map(statement => statement.names.length)).toEqual([
      200, 200, 50,
    ]);
    expect(statements.flatMap(statement => statement.names)).toEqual(names);
    expect(answers).toEqual(names);
  });

  it('fails one that cannot be stored, and not the others', async () => {
    accept(create(), 'a', 'bad', 'c');
    await turn();
    await commit(0);
    expect(answers.sort()).toEqual(['a', 'bad: Error: cannot be stored', 'c']);
  });

  it('acknowledges nothing of a statement that failed, and goes on', async () => {
    const intake = create();
    accept(intake, 'a', 'b');
    await turn();
    accept(intake, 'c');
    statements[0].fail(new Error('gone'));
    await turn();
    expect(answers).toEqual(['a: Error: gone', 'b: Error: gone']);
    await commit(1);
    expect(answers).toContain('c');
  });

  it('takes no more than may wait', async () => {
    const intake = create({ maxWaiting: 2 });
    accept(intake, 'a');
    await turn();
    accept(intake, 'b', 'c', 'd');
    await turn();
    expect(answers).toEqual([
      'd: ServiceUnavailableError: Too many deliveries wait to be stored',
    ]);
    await commit(0);
    await commit(1);
    expect(answers.slice(1)).toEqual(['a', 'b', 'c']);
  });

  const late = 'ServiceUnavailableError: The database did not answer in time';

  it('gives up what waited 10 seconds, each on its own, and stays able to store', async () => {
    const intake = create();
    accept(intake, 'a');
    await pass(4_000);
    accept(intake, 'b');
    await pass(5_999);
    expect(answers).toEqual([]);
    await pass(1);
    expect(answers).toEqual([`a: ${late}`]);

    // The statement that hangs keeps nobody waiting.
    expect(statements[1].names).toEqual(['b']);
    await commit(1);
    await commit(0);
    expect(answers).toEqual([`a: ${late}`, 'b']);
    accept(intake, 'c');
    await turn();
    await commit(2);
    expect(answers).toContain('c');
  });

  it('gives up what waits behind a statement that hangs', async () => {
    const intake = create();
    accept(intake, 'a');
    await pass(9_000);
    accept(intake, 'b');
    await pass(1_000);
    await pass(9_000);
    expect(answers).toEqual([`a: ${late}`, `b: ${late}`]);
    expect(statements).toHaveLength(2);
  });

  it('gives up those that came with a full statement that hangs, without another', async () => {
    accept(create(), ...Array.from({ length: 250 }, (_, i) => `n${i}`));
    await turn();
    await pass(10_000);
    expect(answers).toHaveLength(250);
    expect(statements).toHaveLength(1);
  });

  const hangs = 'ServiceUnavailableError: The database does not answer';

  /** Has two statements hang, and what waits behind them. */
  async function hang(intake: Intake) {
    accept(intake, 'a');
    await pass(5_000);
    accept(intake, 'b');
    await pass(5_000);
    await pass(5_000);
    expect(statements).toHaveLength(2);
    expect(answers.splice(0)).toEqual([`a: ${late}`, `b: ${late}`]);
  }

  it('refuses at once while two statements hang, but for a try once in a while', async () => {
    const intake = create();
    await hang(intake);
    accept(intake, 'c', 'd');
    await turn();
    expect(answers.splice(0)).toEqual([`c: ${hangs}`, `d: ${hangs}`]);
    await pass(10_000);
    accept(intake, 'e', 'f');
    await turn();
    expect(answers.splice(0)).toEqual([`f: ${hangs}`]);
    expect(statements.map(({ names }) => names)).toEqual([['a'], ['b'], ['e']]);

    await commit(2);
    accept(intake, 'g', 'h');
    await turn();
    await commit(3);
    expect(answers).toEqual(['e', 'g', 'h']);
  });

  it('refuses at once what waits when the second of them is given up', async () => {
    const intake = create();
    accept(intake, 'a');
    await pass(5_000);
    accept(intake, 'b');
    await pass(9_000);
    accept(intake, 'c');
    await pass(1_000);
    expect(answers).toEqual([`a: ${late}`, `b: ${late}`, `c: ${hangs}`]);
    expect(statements).toHaveLength(2);
    await intake.drain();
  });

  it('goes on once a statement that hung has ended', async () => {
    const intake = create();
    await hang(intake);
    statements[0].fail(new Error('the connection is gone'));
    await turn();
    accept(intake, 'c');
    await turn();
    await commit(2);
    expect(answers).toEqual(['c']);
  });

  const full = 'ServiceUnavailableError: Too many deliveries wait to be stored';

  it('counts what is held in memory until its statement ends, given up or not', async () => {
    const intake = create({ maxBytes: 10_000 });
    const [first, second] = ['x', 'y'].map(name => name.repeat(3_500));
    const outcomes = () =>
      answers.splice(0).map(answer => answer.replace(/^([xyz]*): /, ''));
    accept(intake, first);
    await pass(5_000);
    accept(intake, second, second);
    await turn();
    expect(outcomes()).toEqual([full]);
    await pass(5_000);
    expect(outcomes()).toEqual([late]);

    // Given up, and still held by its statement.
    accept(intake, second);
    await turn();
    expect(outcomes()).toEqual([full]);
    statements[0].commit();
    await commit(1);
    expect(outcomes()).toEqual([second]);
    accept(intake, first, second);
    await turn();
    await commit(2);
    expect(outcomes()).toEqual([first, second]);
  });

  it('puts at most 8 MB into a statement, unless it is one delivery', async () => {
    const intake = create();
    const sizes = [3, 3, 3, 9, 1].map(mb => 'x'.repeat(mb * 1_000_000));
    accept(intake, ...sizes);
    for (let i = 0; i < 4; i++) {
      await turn();
      statements[i].commit();
    }
    expect(
      statements.map(({ names }) => names.map(name => name.length / 1e6)),
    ).toEqual([[3, 3], [3], [9], [1]]);
  });

  it('when drained, takes no more, and ends when all is written', async () => {
    const intake = create();
    accept(intake, 'a');
    await turn();
    accept(intake, 'b');
    let drained = false;
    intake.drain().then(() => {
      drained = true;
    });
    accept(intake, 'c');
    await turn();
    expect(answers).toEqual([
      'c: ServiceUnavailableError: The backend is stopping',
    ]);
    await commit(0);
    expect(drained).toBe(false);
    await commit(1);
    expect(answers.slice(1)).toEqual(['a', 'b']);
    expect(drained).toBe(true);
    await create().drain();
  });
});
