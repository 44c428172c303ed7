import type { BasicPermission } from '@backstage/plugin-permission-common';
import { usePermission } from '@backstage/plugin-permission-react';

/** Whether the user has a permission; no while that is not known. */
export function useMay(permission: BasicPermission): boolean {
  return usePermission({ permission }).allowed;
}
