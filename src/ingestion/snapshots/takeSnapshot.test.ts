import { hashOf } from '../../lib/canonicalJson';
import { describeSource } from '../__testUtils__/describeSource';
import { services } from '../__testUtils__/fakes';
import { readSnapshotLines, PARTS_TABLE, SNAPSHOTS_TABLE } from './tables';
import { toLine } from './snapshot';
import { takeSnapshot } from './takeSnapshot';

describeSource('takeSnapshot', world => {
  const { poll, start } = world;

  const take = (scope: { source?: string; namespace?: string } = {}) =>
    takeSnapshot({
      knex: world.knex,
      ...scope,
      reason: 'before a change',
      by: 'user:default/jane',
      now: world.clock.now(),
    });

  async function linesOf(snapshot: { id: string; digest: string }) {
    const lines: string[] = [];
    for await (const part of readSnapshotLines({ ...world, snapshot })) {
      lines.push(...part);
    }
    return lines;
  }

  async function giveOther(entity_ref: string, entity: object) {
    await world.knex('refresh_state').insert({
      entity_ref,
      location_key: 'url:https://git.example.com/org.yaml',
      unprocessed_entity: JSON.stringify(entity),
    });
  }

  it('keeps the entities of all sources as they are given to the catalog, and those of other owners', async () => {
    await poll(start(), services(3));
    await giveOther('group:other/a', {
      kind: 'Group',
      metadata: { name: 'a' },
    });

    const snapshot = await take();

    const items = (await linesOf(snapshot)).map(line => JSON.parse(line));
    expect(items).toEqual([
      ...['s0', 's1', 's2'].map(name => ({
        entityRef: `component:default/${name}`,
        source: 'registry',
        recordId: name,
        entity: world.catalog.entities.get(`component:default/${name}`),
      })),
      expect.objectContaining({ entityRef: 'group:default/team' }),
      {
        entityRef: 'group:other/a',
        locationKey: 'url:https://git.example.com/org.yaml',
        entity: { kind: 'Group', metadata: { name: 'a' } },
      },
    ]);
    expect(snapshot).toMatchObject({ origin: 'taken', count: 5 });
  });

  it('keeps a source alone, or a namespace alone', async () => {
    await poll(start(), services(2));
    await giveOther('group:a_b/a', { kind: 'Group', metadata: { name: 'a' } });
    await giveOther('group:axb/a', { kind: 'Group', metadata: { name: 'a' } });
    const refsIn = async (scope: object) =>
      (await linesOf(await take(scope))).map(
        line => JSON.parse(line).entityRef,
      );

    await expect(refsIn({ source: 'registry' })).resolves.toEqual([
      'component:default/s0',
      'component:default/s1',
    ]);
    await expect(refsIn({ namespace: 'A_B' })).resolves.toEqual([
      'group:a_b/a',
    ]);
    await expect(refsIn({ source: 'unknown' })).resolves.toEqual([]);
  });

  it('has lines that are canonical, and a digest of them', async () => {
    await poll(start(), services(2500));
    const snapshot = await take();

    const lines = await linesOf(snapshot);
    expect(lines).toHaveLength(snapshot.count);
    expect(lines.map(line => toLine(JSON.parse(line)))).toEqual(lines);
    expect(hashOf(lines.map(line => `${line}\n`).join(''))).toBe(
      snapshot.digest,
    );
    const [{ count }] = await world.knex(PARTS_TABLE).count({ count: '*' });
    expect(Number(count)).toBeGreaterThan(1);
  });

  it('reports a snapshot of which a part is missing', async () => {
    await poll(start(), services(2500));
    const snapshot = await take();
    await world.knex(PARTS_TABLE).where({ number: 1 }).delete();
    await expect(linesOf(snapshot)).rejects.toThrow(
      `Snapshot "${snapshot.id}" is damaged or was deleted meanwhile`,
    );
  });

  it('leaves nothing where the database fails on the way', async () => {
    await poll(start(), services(3));
    await world.knex('refresh_state').update({ unprocessed_entity: 'no JSON' });
    await world.knex('custom_data_entities').delete();

    await expect(take()).rejects.toThrow();
    await expect(world.knex(SNAPSHOTS_TABLE)).resolves.toEqual([]);
    await expect(world.knex(PARTS_TABLE)).resolves.toEqual([]);
  });
});
