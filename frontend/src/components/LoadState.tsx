import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Skeleton, VisuallyHidden } from '@backstage/ui';
import type { ReactNode } from 'react';
import { API_VERSION } from '../api/client';
import type { Loaded } from '../hooks/useLoad';
import { customDataTranslationRef } from '../translation';
import { describeError, type ErrorDescription } from './describeError';

/**
 * What was loaded, once it is there; until then that it is on its way, or why
 * it did not come. If it is there and a later attempt failed, both.
 */
export function LoadState<T>(props: {
  loaded: Loaded<T>;
  children: (value: T) => ReactNode;
}) {
  const { value, error, isLoading, reload } = props.loaded;
  if (isLoading) {
    return <Loading />;
  }
  return (
    <Flex direction="column" gap="4">
      {error && (
        <ErrorNotice
          error={error}
          isStale={value !== undefined}
          reload={reload}
        />
      )}
      {value !== undefined && props.children(value)}
    </Flex>
  );
}

export function Loading() {
  const { t } = useTranslationRef(customDataTranslationRef);
  return (
    <div role="status">
      <VisuallyHidden>{t('shared.loading')}</VisuallyHidden>
      <Skeleton width="100%" height={120} />
    </div>
  );
}

/** Why something failed, and a way to try again. */
export function ErrorNotice(props: {
  error: Error;
  isStale?: boolean;
  reload?: () => void;
}) {
  const { t } = useTranslationRef(customDataTranslationRef);
  const { title, detail } = useErrorText(describeError(props.error));
  return (
    <div role="alert">
      <Alert
        status={props.isStale ? 'warning' : 'danger'}
        icon
        title={title}
        description={`${detail}${props.isStale ? ` ${t('shared.stale')}` : ''}`}
        customActions={
          props.reload && (
            <Button variant="secondary" onPress={props.reload}>
              {t('shared.reload')}
            </Button>
          )
        }
      />
    </div>
  );
}

function useErrorText(is: ErrorDescription): { title: string; detail: string } {
  const { t } = useTranslationRef(customDataTranslationRef);
  switch (is.kind) {
    case 'version':
      return {
        title: t('error.version'),
        detail: t('error.versionDetail', {
          backend: is.backend,
          plugin: API_VERSION,
        }),
      };
    case 'unreachable':
      return {
        title: t('error.unreachable'),
        detail: t('error.unreachableDetail', { message: is.message }),
      };
    case 'forbidden':
      return {
        title: t('error.forbidden'),
        detail: t('error.forbiddenDetail', { message: is.message }),
      };
    default:
      return { title: t(`error.${is.kind}`), detail: is.message };
  }
}
