import type { PrinterColumn } from '@canopy/apimachinery';
import { computedAgeColumn, computedColumn, wideColumn } from '../tables/columns.ts';

/** Columns of both kinds of bindings. */
export const bindingColumns: readonly PrinterColumn[] = [
  computedColumn('Role', 'Kind and name of the role that is granted.'),
  computedAgeColumn,
  wideColumn('Users', 'Users that the role is granted to.'),
  wideColumn('Groups', 'Groups that the role is granted to.'),
  wideColumn('ServiceAccounts', 'Service accounts that the role is granted to.'),
];
