import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { showText } from '../components/showText';
import { customDataTranslationRef } from '../translation';

export interface Bar {
  name: string;
  /** Null if there is nothing to measure. */
  value: number | null;
  /** The value as it is read. */
  label: string;
}

const MAX_BARS = 12;
const MAX_NAME = 22;
const ROW = 28;
const WIDTH = 480;
const BAR_LEFT = 150;
const BAR_WIDTH = 200;

/** A bar for each value, from 0 to the largest. */
export function BarChart({ title, bars }: { title: string; bars: Bar[] }) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const shown = bars.slice(0, MAX_BARS);
  const rest = bars.length - shown.length;
  const largest = Math.max(...bars.map(({ value }) => value ?? 0));
  const height = shown.length * ROW;
  return (
    <figure style={{ margin: 0 }}>
      <figcaption>
        <Text as="h3" variant="title-x-small">
          {title}
        </Text>
      </figcaption>
      <svg
        role="img"
        aria-label={describe(title, shown)}
        viewBox={`0 0 ${WIDTH} ${height}`}
        style={{ width: '100%', maxWidth: WIDTH }}
        fontSize={14}
        fill="var(--bui-fg-primary)"
      >
        {shown.map(({ name, value, label }, i) => {
          const length = largest && ((value ?? 0) / largest) * BAR_WIDTH;
          const middle = (i + 0.5) * ROW;
          return (
            <g key={name} dominantBaseline="central">
              <text x={0} y={middle}>
                {showText(name, MAX_NAME)}
              </text>
              <rect
                x={BAR_LEFT}
                y={middle - 8}
                width={length}
                height={16}
                rx={2}
                fill="var(--bui-accent-bg)"
              />
              <text x={BAR_LEFT + length + 8} y={middle}>
                {label}
              </text>
            </g>
          );
        })}
      </svg>
      {rest > 0 && (
        <Text>{t('figures.restEnvironments', { n: String(rest) })}</Text>
      )}
    </figure>
  );
}

/** What the picture says, for who does not see it. */
function describe(title: string, bars: Bar[]): string {
  const said = bars.map(({ name, label }) => `${showText(name)} ${label}`);
  return `${title}: ${said.join(', ')}`;
}
