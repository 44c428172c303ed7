import { appLanguageApiRef, useApi } from '@backstage/frontend-plugin-api';
import { formatAge } from './formatAge';

/** How long ago something was, with the time itself for who points at it. */
export function Ago({ time }: { time: string }) {
  const { language } = useApi(appLanguageApiRef).getLanguage();
  const date = new Date(time);
  return (
    <time dateTime={time} title={date.toLocaleString(language)}>
      {formatAge(date, new Date(), language)}
    </time>
  );
}
