import {
  DEFAULT_NAMESPACE,
  KubernetesValidatorFunctions,
  parseEntityRef,
  stringifyEntityRef,
  type CompoundEntityRef,
} from '@backstage/catalog-model';
import { FunctionError } from './FunctionError';
import { textOf } from './textOf';

/** `$ownerRef(text, kind)`: the whole ref for a ref or a bare name. */
export function ownerRef(text: unknown, kind: unknown): string | undefined {
  const name = '$ownerRef';
  const owner = textOf(name, text)?.trim();
  const defaultKind = textOf(name, kind) ?? 'group';
  if (owner === undefined) {
    return undefined;
  }
  const ref = parse(owner, defaultKind);
  if (!ref || !isValid(ref)) {
    throw new FunctionError(
      `${name} takes a name or a ref such as "search" or "group:default/search"; $slug or a table makes a name of another text`,
      owner,
    );
  }
  return stringifyEntityRef(ref);
}

function parse(text: string, defaultKind: string) {
  try {
    return parseEntityRef(text, {
      defaultKind,
      defaultNamespace: DEFAULT_NAMESPACE,
    });
  } catch {
    return undefined;
  }
}

function isValid({ kind, namespace, name }: CompoundEntityRef): boolean {
  return (
    KubernetesValidatorFunctions.isValidKind(kind) &&
    KubernetesValidatorFunctions.isValidNamespace(namespace.toLowerCase()) &&
    KubernetesValidatorFunctions.isValidObjectName(name)
  );
}
