import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  ButtonLink,
  Flex,
  Link,
  Tab,
  TabList,
  TabPanel,
  Tabs,
  Text,
} from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Source } from '../api/types';
import { EntityLink } from '../components/EntityLink';
import { LoadState } from '../components/LoadState';
import { ShownText } from '../components/ShownText';
import { showText } from '../components/showText';
import { useLoad } from '../hooks/useLoad';
import { useMay } from '../hooks/useMay';
import { useViewState } from '../hooks/useViewState';
import { sourceDryRunPermission } from '../permissions';
import { customDataTranslationRef } from '../translation';
import { MappingPreview } from './MappingPreview';
import { Plans } from './Plans';
import { Problems } from './Problems';
import { Runs } from './Runs';
import { SourceActions } from './SourceActions';
import { SourceState } from './SourceState';

const EVERY_MS = 10_000;

/** One source: how it is doing, and what can be done about it. */
export function SourceView({ name }: { name: string }) {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const params = { path: { source: name } };
  const loaded = useLoad<Source>(
    name,
    signal => api.call(c => c.GET('/sources/{source}', { params, signal })),
    { every: EVERY_MS },
  );
  return (
    <Flex direction="column" gap="4">
      <Link href="?">{t('shared.back')}</Link>
      <LoadState loaded={loaded}>
        {source => (
          <>
            <Summary source={source} reload={loaded.reload} />
            <SourceTabs source={source} reload={loaded.reload} />
          </>
        )}
      </LoadState>
    </Flex>
  );
}

interface PartProps {
  source: Source;
  reload: () => void;
}

function Summary({ source, reload }: PartProps) {
  const { title, name, owner, url, attention } = source;
  return (
    <>
      <Flex justify="between" align="start">
        <Flex direction="column" gap="1">
          <Text as="h2" variant="title-small">
            <ShownText value={title ?? name} />
          </Text>
          {owner && <EntityLink entityRef={owner} />}
          {url && <ShownText value={url} />}
          <SourceState source={source} />
        </Flex>
        <SourceActions source={source} reload={reload} />
      </Flex>
      {attention.map(need => (
        <Attention key={need.code} {...need} />
      ))}
    </>
  );
}

/** What the backend says to do about a plan is a call, and here there are buttons. */
function Attention({ code, message }: { code: string; message: string }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { hrefOf } = useViewState();
  const isPlan = code === 'plan-held';
  return (
    <Alert
      status="warning"
      icon
      title={showText(code)}
      description={isPlan ? t('sources.planHeld') : showText(message, 1000)}
      customActions={
        isPlan && (
          <ButtonLink href={hrefOf({ tab: 'plans' })} variant="secondary">
            {t('plans.title')}
          </ButtonLink>
        )
      }
    />
  );
}

function SourceTabs({ source, reload }: PartProps) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { get, go } = useViewState();
  const mayPreview = useMay(sourceDryRunPermission);
  const { name } = source;
  return (
    <Tabs
      selectedKey={get('tab') ?? 'runs'}
      onSelectionChange={key =>
        go({ tab: String(key), run: undefined, plan: undefined })
      }
    >
      <TabList aria-label={t('sources.name')}>
        <Tab id="runs">{t('runs.title')}</Tab>
        <Tab id="plans">{t('plans.title')}</Tab>
        <Tab id="problems">{t('problems.title')}</Tab>
        {mayPreview && <Tab id="preview">{t('preview.title')}</Tab>}
      </TabList>
      <TabPanel id="runs">
        <Runs source={name} />
      </TabPanel>
      <TabPanel id="plans">
        <Plans source={name} reload={reload} />
      </TabPanel>
      <TabPanel id="problems">
        <Problems source={name} />
      </TabPanel>
      {mayPreview && (
        <TabPanel id="preview">
          <MappingPreview source={name} />
        </TabPanel>
      )}
    </Tabs>
  );
}
