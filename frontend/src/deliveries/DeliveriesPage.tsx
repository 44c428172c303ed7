import { Container } from '@backstage/ui';
import { useViewState } from '../hooks/useViewState';
import { DeliveryList } from './DeliveryList';
import { DeliveryView } from './DeliveryView';

/** What senders posted, or the one delivery that the URL names. */
export function DeliveriesPage() {
  const id = useViewState().get('delivery');
  return (
    <Container>
      {id === undefined ? <DeliveryList /> : <DeliveryView id={id} />}
    </Container>
  );
}
