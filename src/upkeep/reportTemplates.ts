import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  DEFAULT_NAMESPACE,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  checkTemplates,
  type Named,
  type TemplateField,
  type TemplateReport,
} from './templates';

const DEFAULT_KINDS: Partial<Record<TemplateField, string>> = {
  owner: 'Group',
  system: 'System',
};

/** Of the whole catalog, as far as these credentials may read it. */
export async function reportTemplates(
  { catalog }: { catalog: Pick<CatalogService, 'streamEntities'> },
  credentials: BackstageCredentials,
): Promise<TemplateReport> {
  const templates: Named[] = [];
  const entities: Named[] = [];
  const known = new Set<string>();
  const pages = catalog.streamEntities(
    {
      filter: {
        kind: [
          'Template',
          'Component',
          'API',
          'Resource',
          'System',
          'Group',
          'User',
        ],
      },
      fields: [
        'kind',
        'metadata.name',
        'metadata.namespace',
        'spec.owner',
        'spec.system',
        'spec.type',
        'spec.parameters',
      ],
    },
    { credentials },
  );
  for await (const page of pages) {
    for (const entity of page) {
      const ref = stringifyEntityRef(entity);
      if (entity.kind === 'Template') {
        templates.push({ ref, entity });
      } else if (entity.kind === 'Component') {
        entities.push({ ref, entity });
      } else {
        known.add(ref);
      }
    }
  }
  return checkTemplates({ templates, entities, refOf, known });
}

function refOf(field: TemplateField, value: string): string | undefined {
  const defaultKind = DEFAULT_KINDS[field];
  try {
    return defaultKind && !value.includes('${')
      ? stringifyEntityRef(
          parseEntityRef(value, {
            defaultKind,
            defaultNamespace: DEFAULT_NAMESPACE,
          }),
        )
      : undefined;
  } catch {
    return undefined;
  }
}
