import {
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
  type LocationEntity,
} from '@backstage/catalog-model';
import {
  InputError,
  NotAllowedError,
  stringifyError,
  toError,
} from '@backstage/errors';
import {
  type CatalogProcessor,
  type CatalogProcessorEmit,
  type LocationSpec,
  processingResult,
} from '@backstage/plugin-catalog-node';
import { createHash } from 'node:crypto';
import { LOCATION_TYPE, parseTarget, recordRefreshKey } from '../lib/keys';
import type { RecordReader } from '../locations/RecordReader';
import { createOriginMatcher } from '../locations/originMatcher';

/**
 * Reads locations of type `custom-data`, whose targets are
 * `<source>/<record id>`: from `Location` manifests, from `catalog.locations`
 * and, where the operator allows the type, from `POST /api/catalog/locations`.
 *
 * A location with one target gives the entities of that record. A location with
 * several targets gets a child location for each, so that a target that fails
 * does not affect the others. A failed read is an error on its location, and
 * what the catalog has of the record stays. So is a location without a target.
 *
 * Locations are read after validation rather than in `readLocation`, because
 * only then both the location's origin and the number of its targets are known.
 */
export class CustomDataProcessor implements CatalogProcessor {
  readonly #readers: Map<string, RecordReader>;
  readonly #misconfigured: Map<string, string>;
  readonly #mayRead: Map<string, (origin: string) => boolean>;

  constructor(options: {
    /** The sources that are configured and in order, by name. */
    readers: Map<string, RecordReader>;
    /** Why other sources do nothing, by name. */
    misconfigured: Map<string, string>;
  }) {
    this.#readers = options.readers;
    this.#misconfigured = options.misconfigured;
    this.#mayRead = new Map(
      [...options.readers].map(([name, reader]) => [
        name,
        createOriginMatcher(reader.settings.locations.allow),
      ]),
    );
  }

  getProcessorName(): string {
    return 'custom-data-processor';
  }

  /** Claims the type, so that the catalog does not report it as unread. */
  async readLocation(location: LocationSpec): Promise<boolean> {
    return location.type === LOCATION_TYPE;
  }

  async postProcessEntity(
    entity: Entity,
    location: LocationSpec,
    emit: CatalogProcessorEmit,
  ): Promise<Entity> {
    if (entity.kind !== 'Location') {
      return entity;
    }
    const { spec } = entity as LocationEntity;
    if ((spec.type ?? location.type) !== LOCATION_TYPE) {
      return entity;
    }
    const targets = [
      ...new Set([
        ...(spec.target ? [spec.target] : []),
        ...(spec.targets ?? []),
      ]),
    ];
    const origin =
      entity.metadata.annotations?.[ANNOTATION_ORIGIN_LOCATION] ?? '';
    if (targets.length === 0) {
      // Without an error, the catalog would remove what the location gave.
      const reason =
        'The location has no target; write <source>/<record id> as spec.target, or several as spec.targets';
      emit(processingResult.inputError(location, reason));
    } else if (targets.length === 1) {
      await this.#read(targets[0], origin, emit);
    } else {
      targets.forEach(target => emitChild({ target, origin, emit }));
    }
    return entity;
  }

  async #read(
    target: string,
    origin: string,
    emit: CatalogProcessorEmit,
  ): Promise<void> {
    const location = { type: LOCATION_TYPE, target };
    try {
      const parsed = parseTarget(target);
      if (!parsed) {
        throw new InputError(
          `"${target}" is not a target of a custom-data location; write <source>/<record id>`,
        );
      }
      const { source, recordId } = parsed;
      const reader = this.#readerFor(source, origin);
      emit(processingResult.refresh(recordRefreshKey(source, recordId)));
      const entities = await reader.read(recordId);
      entities.forEach(entity =>
        emit(processingResult.entity(location, entity)),
      );
    } catch (error) {
      emit(
        processingResult.generalError(location, stringifyError(toError(error))),
      );
    }
  }

  #readerFor(source: string, origin: string): RecordReader {
    const reason = this.#misconfigured.get(source);
    if (reason) {
      throw new InputError(`Source "${source}" is misconfigured: ${reason}`);
    }
    const reader = this.#readers.get(source);
    if (!reader || !this.#mayRead.get(source)!(origin)) {
      throw new NotAllowedError(
        `No source "${source}" may be read by the location "${origin}"; the key ` +
          `catalog.customData.sources.${source}.locations.allow says which may`,
      );
    }
    return reader;
  }
}

/**
 * The name depends on the origin as well: locations of two origins that list
 * the same target must not share a child, since one origin may be allowed to
 * read the source and the other not.
 */
function emitChild(options: {
  target: string;
  origin: string;
  emit: CatalogProcessorEmit;
}): void {
  const { target, origin, emit } = options;
  const name = createHash('sha1').update(`${origin}\n${target}`).digest('hex');
  emit(
    processingResult.entity(
      { type: LOCATION_TYPE, target },
      {
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Location',
        metadata: { name: `custom-data-${name}` },
        spec: { type: LOCATION_TYPE, target },
      },
    ),
  );
}
