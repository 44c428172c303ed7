import type { JsonObject } from '@backstage/types';
import { govukSource, readGovuk, whereGovukIs } from '../../../dev/govukData';
import { describeSource } from '../../ingestion/__testUtils__/describeSource';
import { createRecordMapper } from '../../mapping/createRecordMapper';
import { readUnknownOwners } from './database/findings';

whereGovukIs('the owners of GOV.UK', () => {
  describeSource('a clean-up', world => {
    it('names the teams that are no groups, with what they own', async () => {
      const records = await readGovuk();
      const { id, entity } = await govukSource();
      const mapper = createRecordMapper({
        name: 'registry',
        id: id as string,
        entity: [entity as JsonObject],
      });
      const teams = [...new Set(records.map(({ team }) => String(team)))]
        .map(team => `group:default/${team.replace(/^#/, '')}`)
        .sort();
      const isKnown = (_: string, index: number) => index % 2 === 0;
      for (const team of teams.filter(isKnown)) {
        await world.catalog.give(team, 'org');
      }

      await world.poll(
        world.start({ kinds: ['Component', 'Resource'] }, { mapper }),
        records,
      );
      const unknown = await readUnknownOwners(world);

      expect(unknown.map(({ owner }) => owner)).toEqual(
        teams.filter((team, index) => !isKnown(team, index)),
      );
      for (const { owner, count, entities } of unknown) {
        const own = records.filter(
          ({ team }) => owner === `group:default/${String(team).slice(1)}`,
        );
        expect({ owner, count }).toEqual({ owner, count: own.length });
        expect(entities).toHaveLength(own.length);
      }
    });
  });
});
