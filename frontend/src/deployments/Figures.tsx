import {
  appLanguageApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { Flex, Grid, Text } from '@backstage/ui';
import { customDataApiRef } from '../api/client';
import type { Answer } from '../api/types';
import { FilterForm } from '../components/FilterForm';
import { LoadState } from '../components/LoadState';
import { useLoad } from '../hooks/useLoad';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';
import { BarChart } from './BarChart';
import { formatFigure, type FigureUnit } from './formatFigure';

type Figure = Answer<'/deployments/summary'>['items'][number];

const WINDOWS = [7, 30, 90];
const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;

/** How deliveries go, by the four figures of DORA, in each environment. */
export function Figures() {
  const api = useApi(customDataApiRef);
  const { t } = useTranslationRef(customDataTranslationRef);
  const { get } = useViewState();
  const days = WINDOWS.find(n => String(n) === get('days')) ?? DEFAULT_DAYS;
  const sender = get('sender');
  const loaded = useLoad(JSON.stringify([days, sender]), signal => {
    const since = new Date(Date.now() - days * DAY_MS).toISOString();
    const params = { query: { by: 'environment' as const, since, sender } };
    return api.call(c => c.GET('/deployments/summary', { params, signal }));
  });
  const options = WINDOWS.map(n => ({
    value: String(n),
    label: t('figures.days', { n: String(n) }),
  }));
  return (
    <Flex direction="column" gap="4">
      <FilterForm
        fields={[
          {
            key: 'days',
            label: t('figures.window'),
            options,
            initial: String(DEFAULT_DAYS),
          },
          { key: 'sender', label: t('filter.sender') },
        ]}
      />
      <LoadState loaded={loaded}>
        {({ items }) =>
          items.length === 0 ? (
            <Text>{t('figures.empty')}</Text>
          ) : (
            <Charts figures={items} />
          )
        }
      </LoadState>
    </Flex>
  );
}

const CHARTS = [
  ['perDay', 'number', ({ deploymentsPerDay }) => deploymentsPerDay],
  ['failureRate', 'ratio', ({ changeFailureRate }) => changeFailureRate],
  [
    'restore',
    'seconds',
    ({ medianTimeToRestoreSeconds }) => medianTimeToRestoreSeconds,
  ],
  ['lead', 'seconds', ({ medianLeadTimeSeconds }) => medianLeadTimeSeconds],
] as const satisfies [
  title: string,
  unit: FigureUnit,
  read: (figure: Figure) => number | null,
][];

function Charts({ figures }: { figures: Figure[] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { language } = useApi(appLanguageApiRef).getLanguage();
  return (
    <Grid.Root columns={{ initial: '1', md: '2' }} gap="6">
      {CHARTS.map(([title, unit, read]) => (
        <BarChart
          key={title}
          title={t(`figures.${title}`)}
          bars={figures.map(figure => {
            const value = read(figure);
            return {
              name: figure.environment,
              value,
              label:
                value === null
                  ? t('figures.none')
                  : formatFigure(value, unit, language),
            };
          })}
        />
      ))}
    </Grid.Root>
  );
}
