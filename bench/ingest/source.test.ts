import { ConfigReader } from '@backstage/config';
import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
} from '@backstage/catalog-model';
import { readCustomDataSettings } from '../../src/config/settings';
import { createRecordMapper } from '../../src/mapping/createRecordMapper';
import { createRecord } from './registry';
import { entityOf, SOURCE, sourceConfig } from './source';

it('gives the peers the entity that the module makes of a record', async () => {
  const sources = { [SOURCE]: sourceConfig('http://registry.example.com') };
  const settings = readCustomDataSettings(
    new ConfigReader({ catalog: { customData: { sources } } }),
  );
  const mapper = createRecordMapper(settings.sources[0]);
  const record = createRecord(5, 2);

  const { metadata, ...entity } = entityOf(record);
  const location = `custom-data:${SOURCE}/${record.serviceId}`;
  const {
    [ANNOTATION_LOCATION]: managedBy,
    [ANNOTATION_ORIGIN_LOCATION]: origin,
    ...annotations
  } = metadata.annotations!;
  // The module adds these later than in its mapping.
  expect([managedBy, origin]).toEqual([location, location]);
  await expect(
    mapper.map({ ...record }, record.serviceId),
  ).resolves.toMatchObject({
    type: 'mapped',
    entities: [{ ...entity, metadata: { ...metadata, annotations } }],
  });
});
