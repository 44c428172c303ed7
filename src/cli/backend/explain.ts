import { parseEntityRef } from '@backstage/catalog-model';
import { describeItem, print } from '../output';
import { type Call, STATUS } from '../terminal';
import { Backend, type BackendOptions, segment } from './client';

/** `explain`: where an entity comes from, and how each of its fields came about. */
export async function explain(call: Call<BackendOptions>): Promise<number> {
  const { args, terminal } = call;
  const { kind, namespace, name } = parseEntityRef(args[0], {
    defaultKind: 'component',
    defaultNamespace: 'default',
  });
  const path = [kind, namespace, name]
    .map(part => segment(part, 'part of an entity ref'))
    .join('/');
  const backend = new Backend(call);
  const answer = await backend.get(`/entities/by-name/${path}/explain`);
  print(call, answer, () => {
    const fields = answer.fields?.map(fieldRow);
    return describeItem(terminal, { ...answer, fields });
  });
  return STATUS.OK;
}

function fieldRow({ path, expression, value, error }: any) {
  return { path, value, error, expression: expression.replace(/\s+/g, ' ') };
}
