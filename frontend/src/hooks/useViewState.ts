import { useAppSearchParams } from '@backstage/frontend-plugin-api';

type Change = Record<string, string | undefined>;

export interface ViewState {
  get(key: string): string | undefined;
  /** The address of this page with other values; undefined takes one away. */
  hrefOf(change: Change): string;
  go(change: Change): void;
}

/** What a page shows just now, such as a tab. It is in the URL, so it can be linked. */
export function useViewState(): ViewState {
  const [params, setParams] = useAppSearchParams();
  const changed = (change: Change) => {
    const next = new URLSearchParams(params);
    for (const [key, value] of Object.entries(change)) {
      if (value === undefined) {
        next.delete(key);
      } else {
        next.set(key, value);
      }
    }
    return next;
  };
  return {
    get: key => params.get(key) ?? undefined,
    hrefOf: change => `?${changed(change)}`,
    go: change => setParams(changed(change)),
  };
}
