import { Text } from '@backstage/ui';
import { ShownText } from './ShownText';

export interface FieldChange {
  path: string;
  /** Missing if there was nothing. */
  before?: unknown;
  /** Missing if there will be nothing. */
  after?: unknown;
}

const MAX_FIELDS = 10;

/** Which fields of an entity change, from what to what. */
export function FieldChanges({ fields }: { fields: FieldChange[] }) {
  const rest = fields.length - MAX_FIELDS;
  return (
    <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
      {fields.slice(0, MAX_FIELDS).map(field => (
        <li key={field.path}>
          <Text as="strong" weight="bold">
            <ShownText value={field.path} />
          </Text>
          {': '}
          {field.before !== undefined && (
            <del>
              <ShownText value={field.before} />
            </del>
          )}
          {field.before !== undefined && field.after !== undefined && ' → '}
          {field.after !== undefined && (
            <ins style={{ textDecoration: 'none' }}>
              <ShownText value={field.after} />
            </ins>
          )}
        </li>
      ))}
      {rest > 0 && <li>{`+ ${rest}`}</li>}
    </ul>
  );
}
