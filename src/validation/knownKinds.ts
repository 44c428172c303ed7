import {
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
  type Entity,
  type KindValidator,
} from '@backstage/catalog-model';

/** The kinds that the catalog itself validates, by their name in lower case. */
const KNOWN_KINDS: Record<string, KindValidator> = {
  api: apiEntityV1alpha1Validator,
  component: componentEntityV1alpha1Validator,
  domain: domainEntityV1alpha1Validator,
  group: groupEntityV1alpha1Validator,
  location: locationEntityV1alpha1Validator,
  resource: resourceEntityV1alpha1Validator,
  system: systemEntityV1alpha1Validator,
  user: userEntityV1alpha1Validator,
};

/** Has the schemas of these kinds compiled at the start rather than in the first run. */
export function compileKinds(kinds: string[]): void {
  for (const kind of kinds) {
    kindValidator(kind)
      ?.check({} as Entity)
      .catch(() => undefined);
  }
}

/** The validator of a kind; undefined for those that belong to other plugins. */
export function kindValidator(kind: string): KindValidator | undefined {
  const lowerCase = kind.toLowerCase();
  return Object.hasOwn(KNOWN_KINDS, lowerCase)
    ? KNOWN_KINDS[lowerCase]
    : undefined;
}
