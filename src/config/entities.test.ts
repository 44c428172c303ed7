import { KubernetesValidatorFunctions } from '@backstage/catalog-model';
import { DEPLOYED_AT_PREFIX, DEPLOYED_VERSION_PREFIX } from '../lib/keys';
import { environmentFault } from './entities';

describe('environmentFault', () => {
  it.each(['production', 'Staging', 'a', 'eu-west_1.blue', 'x'.repeat(46)])(
    'takes %s, of which annotations can be made',
    name => {
      expect(environmentFault(name)).toBeUndefined();
      for (const prefix of [DEPLOYED_VERSION_PREFIX, DEPLOYED_AT_PREFIX]) {
        expect(
          KubernetesValidatorFunctions.isValidAnnotationKey(`${prefix}${name}`),
        ).toBe(true);
      }
    },
  );

  it.each(['', '-a', 'a-', 'a b', 'a/b', 'ä', 'a\n', '*'])(
    'refuses %j',
    name => {
      expect(environmentFault(name)).toContain('becomes part of an annotation');
    },
  );

  it('refuses a name that is too long for the key', () => {
    expect(environmentFault('x'.repeat(47))).toBe(
      'must have at most 46 characters',
    );
  });
});
