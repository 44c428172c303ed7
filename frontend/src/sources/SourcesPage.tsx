import { Container } from '@backstage/ui';
import { useViewState } from '../hooks/useViewState';
import { SourceList } from './SourceList';
import { SourceView } from './SourceView';

/** All sources, or the one that the URL names. */
export function SourcesPage() {
  const name = useViewState().get('source');
  return (
    <Container>
      {name === undefined ? <SourceList /> : <SourceView name={name} />}
    </Container>
  );
}
