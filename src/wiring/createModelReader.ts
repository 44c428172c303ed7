import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  type CatalogModel,
  type CatalogModelLayer,
  type CatalogModelSource,
  compileCatalogModel,
} from '@backstage/catalog-model/alpha';
import { ownModel } from '../validation/catalogSchemas';

/**
 * Returns a function that gives the model of the catalog. It reads the layers
 * that the host has added, once, when everything has started.
 *
 * The extension point takes sources of layers, and none of its types gives them.
 * The catalog keeps them beside its methods, as `modelSources`. Where a catalog
 * does not, or nothing was added, the model is the catalog's own.
 */
export function createModelReader(
  extensionPoint: object,
  logger: LoggerService,
): () => Promise<CatalogModel> {
  let model: CatalogModel | undefined;
  return async () => {
    try {
      model ??= await readModel(extensionPoint);
      return model;
    } catch (error) {
      logger.warn(
        `The layers of the catalog's model cannot be read; the schemas are those of the catalog's own kinds`,
        error as Error,
      );
      return ownModel();
    }
  };
}

async function readModel(extensionPoint: {
  modelSources?: CatalogModelSource[];
}): Promise<CatalogModel> {
  const { modelSources: sources = [] } = extensionPoint;
  const layers = await Promise.all(sources.map(readLayers));
  return sources.length ? compileCatalogModel(layers.flat()) : ownModel();
}

/** The first of a source, as the catalog itself does. */
async function readLayers(
  source: CatalogModelSource,
): Promise<CatalogModelLayer[]> {
  const reading = source.read();
  try {
    const { value } = await reading.next();
    return (value?.data ?? []).map(({ layer }) => layer);
  } finally {
    await reading.return();
  }
}
