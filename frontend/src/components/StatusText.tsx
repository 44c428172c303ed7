import { Text } from '@backstage/ui';
import type { ReactNode } from 'react';

export type Status = 'danger' | 'warning';

// Those of `Text` have too little contrast for a text of this size.
const COLORS = {
  danger: 'var(--bui-negative-fg-subdued)',
  warning: 'var(--bui-warning-fg-subdued)',
};

/** Words that ask for attention. They say it too: a colour alone is not seen by all. */
export function StatusText(props: { status?: Status; children: ReactNode }) {
  const { status, children } = props;
  const style = status && { color: COLORS[status] };
  return (
    <Text weight={status ? 'bold' : 'regular'} style={style}>
      {children}
    </Text>
  );
}
