import type { PrinterColumn } from '@canopy/apimachinery';
import { computedColumn, wideColumn } from '../tables/columns.ts';

/** Columns of events of both groups. The name comes last, and in wide output only. */
export const eventColumns: readonly PrinterColumn[] = [
  computedColumn('Last Seen', 'How long ago it happened last.'),
  computedColumn('Type', 'Normal or Warning.'),
  computedColumn('Reason', 'Why it happened.'),
  computedColumn('Object', 'Kind and name of the object that the event is about.'),
  wideColumn('Subobject', 'Part of the object that the event is about.'),
  wideColumn('Source', 'Who reports.'),
  computedColumn('Message', 'What happened.'),
  wideColumn('First Seen', 'How long ago it happened first.'),
  wideColumn('Count', 'How often it happened.'),
  { name: 'Name', type: 'string', format: 'name', jsonPath: '', description: 'Name of the event.', priority: 1 },
];
