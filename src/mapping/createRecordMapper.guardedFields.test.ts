import type { JsonObject } from '@backstage/types';
import { createRecordMapper } from './createRecordMapper';

async function unfound(spec: JsonObject, record: JsonObject) {
  const mapper = createRecordMapper({
    name: 'registry',
    id: 'id',
    entity: [{ kind: 'Component', metadata: { name: 'a' }, spec }],
    tables: { owners: { a: 'group:a' } },
  });
  return mapper.unfound!(record);
}

describe('guarded fields whose expressions find nothing of what they read', () => {
  it.each<[string, JsonObject]>([
    ['a default', { owner: '${{ team ?? "unowned" }}' }],
    ['a table', { owner: '${{ $fromTable("owners", team, "unowned") }}' }],
    ['a condition', { owner: '${{ $exists(team) ? team : "unowned" }}' }],
    ['a text', { owner: 'group:${{ team ?? "unowned" }}' }],
    ['a path', { owner: '${{ team.name ?? "unowned" }}' }],
    ['a list', { owner: '${{ team[0].name ?? "unowned" }}' }],
  ])('are known for %s', async (_, spec) => {
    expect(await unfound(spec, {})).toEqual([['spec.owner']]);
    const team = spec.owner?.toString().includes('name') ? { name: 'x' } : 'a';
    expect(await unfound(spec, { team })).toEqual([[]]);
  });

  it.each([null, '', []])('are those that read %j', async team => {
    const spec = { type: '${{ team ? "a" : "b" }}' };

    expect(await unfound(spec, { team })).toEqual([['spec.type']]);
  });

  it('need none of several inputs to be there', async () => {
    const spec = { dependsOn: ['${{ database ?? "none" }}', '${{ queue }}'] };

    expect(await unfound(spec, { queue: 'q' })).toEqual([[]]);
    expect(await unfound(spec, {})).toEqual([['spec.dependsOn']]);
  });

  it.each([
    ['a constant', { type: 'service' }],
    ['the whole record', { type: '${{ $count($keys($)) > 9 ? "a" : "b" }}' }],
    ['a field that is not guarded', { definition: '${{ text ?? "none" }}' }],
  ])('do not include %s', async (_, spec) => {
    expect(await unfound(spec, {})).toEqual([[]]);
  });
});
