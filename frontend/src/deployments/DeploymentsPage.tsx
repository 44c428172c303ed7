import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container, Tab, TabList, TabPanel, Tabs } from '@backstage/ui';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';
import { Figures } from './Figures';
import { History } from './History';
import { Matrix } from './Matrix';

/** What runs where and how deliveries go, or the history that the URL names. */
export function DeploymentsPage() {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { get, go } = useViewState();
  const entity = get('entity');
  const of = get('of');
  return (
    <Container>
      {entity !== undefined && of !== undefined ? (
        <History entity={entity} environment={of} target={get('target')} />
      ) : (
        <Tabs
          selectedKey={get('tab') ?? 'matrix'}
          onSelectionChange={key => go({ tab: String(key) })}
        >
          <TabList aria-label={t('page.deployments')}>
            <Tab id="matrix">{t('deployments.matrix')}</Tab>
            <Tab id="figures">{t('figures.title')}</Tab>
          </TabList>
          <TabPanel id="matrix">
            <Matrix />
          </TabPanel>
          <TabPanel id="figures">
            <Figures />
          </TabPanel>
        </Tabs>
      )}
    </Container>
  );
}
