import { aSender } from '../config/__testUtils__/aSender';
import { FakeDeployments } from './__testUtils__/FakeDeployments';
import { aDelivery } from './__testUtils__/aDelivery';
import { DeploymentSubjects } from '../deployments/DeploymentSubjects';
import { createSecondLook } from './judge';

describe('createSecondLook', () => {
  const setUp = () => {
    const subjects = new DeploymentSubjects([aSender()]);
    const deployments = new FakeDeployments(() => subjects);
    const heads = jest.spyOn(deployments, 'current');
    const look = createSecondLook({ deployments, subjects });
    return { deployments, heads, look };
  };

  it('judges all that ask at once by one query, each for itself', async () => {
    const { deployments, heads, look } = setUp();
    const [older, newer] = [aDelivery(1), aDelivery(2)];
    await deployments.record([older, newer]);
    await expect(
      Promise.all([look(newer), look(older)]),
    ).resolves.toMatchObject([
      { current: true },
      { current: false, superseded: true },
    ]);
    expect(heads).toHaveBeenCalledTimes(1);
  });

  it('reads anew for who asks while others are judged', async () => {
    const { deployments, heads, look } = setUp();
    const delivery = aDelivery(1);
    await deployments.record([delivery]);
    let later: Promise<unknown> = Promise.resolve();
    heads.mockImplementationOnce(async () => {
      const before = await deployments.current([
        'component:default/payments-api',
      ]);
      await deployments.record([aDelivery(2)]);
      later = look(delivery);
      return before;
    });
    await expect(look(delivery)).resolves.toMatchObject({ current: true });
    await expect(later).resolves.toMatchObject({ current: false });
  });

  it('fails for those who asked, and goes on', async () => {
    const { heads, look } = setUp();
    heads.mockRejectedValueOnce(new Error('no database'));
    await expect(look(aDelivery(1))).rejects.toThrow('no database');
    await expect(look(aDelivery(1))).resolves.toMatchObject({ current: false });
  });

  it('fails where the database hangs, and goes on', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { heads, look } = setUp();
      heads.mockImplementationOnce(() => new Promise(() => {}));
      const failed = look(aDelivery(1)).catch((error: Error) => error.message);
      await new Promise(resolve => setImmediate(resolve));
      await jest.advanceTimersByTimeAsync(30_000);
      expect(await failed).toContain('The database did not answer');
      await expect(look(aDelivery(1))).resolves.toMatchObject({
        current: false,
      });
    } finally {
      jest.useRealTimers();
    }
  });
});
