import { Text } from '@backstage/ui';
import { Fragment, type ReactNode } from 'react';

/** What is known about one thing. What has no value is left out. */
export function Facts({
  facts,
}: {
  facts: [name: string, value: ReactNode][];
}) {
  return (
    <dl
      style={{
        display: 'grid',
        gridTemplateColumns: 'max-content minmax(0, 1fr)',
        gap: '4px 16px',
        margin: 0,
      }}
    >
      {facts
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <Fragment key={name}>
            <dt>
              <Text color="secondary">{name}</Text>
            </dt>
            <dd style={{ margin: 0 }}>
              <Text>{value}</Text>
            </dd>
          </Fragment>
        ))}
    </dl>
  );
}
