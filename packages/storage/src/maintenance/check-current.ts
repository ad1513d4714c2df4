import { checkContent } from './check-content.ts';
import { entryName, type IndexRules, missingFrom, parseIndexes } from './index-rules.ts';

/** A row of `cur` with what it points to. */
export interface CurrentTableRow {
  key: string;
  rev: number;
  create_rev: number;
  lease: number | null;
  indexes: string | null;
  log_key: string | null;
  log_create_rev: number | null;
  value: Uint8Array | null;
  lease_id: number | null;
}

export interface CurrentRowContext {
  indexRules: IndexRules | undefined;
  hasIndexRow: (index: string, value: string) => boolean;
  report: (what: string) => void;
}

/** How much of an object's index rows was computed anew. */
export type IndexDepth = 'none' | 'part' | 'full';

export function checkCurrentRow(row: CurrentTableRow, context: CurrentRowContext): IndexDepth {
  const { report } = context;
  if (row.log_key === null) report(`its last change, revision ${row.rev}, is not in the log`);
  else if (row.log_key !== row.key) report(`its last change, revision ${row.rev}, is of ${row.log_key}`);
  if (row.create_rev === 0) {
    if (row.value !== null) report(`is deleted, but its last change, revision ${row.rev}, is not a deletion`);
    if (row.indexes !== null) report('is deleted, but declares index rows');
    return 'none';
  }
  if (row.create_rev < 0 || row.create_rev > row.rev)
    report(`was created at revision ${row.create_rev} and changed at ${row.rev}`);
  if (row.log_create_rev !== null && row.log_create_rev !== row.create_rev)
    report(`was created at revision ${row.create_rev}, and by the log at ${row.log_create_rev}`);
  if (row.lease !== null && row.lease_id === null) report(`its lease ${row.lease} does not exist, so it never expires`);
  checkDeclaredIndexes(row, context);
  if (row.value !== null) return checkValue(row, row.value, context);
  if (row.log_key !== null) report(`exists, but its last change, revision ${row.rev}, is a deletion`);
  return 'none';
}

function checkDeclaredIndexes(row: CurrentTableRow, { hasIndexRow, report }: CurrentRowContext): void {
  const declared = parseIndexes(row.indexes);
  if (declared === undefined) report('its list of index rows cannot be read');
  for (const entry of declared ?? [])
    if (!hasIndexRow(entry.index, entry.value)) report(`its index row ${entryName(entry)} is missing`);
}

function checkValue(row: CurrentTableRow, value: Uint8Array, { indexRules, report }: CurrentRowContext): IndexDepth {
  const content = checkContent(row.key, value, report);
  const expected = content === undefined ? undefined : indexRules?.(content.at, content.object);
  if (expected === undefined) return 'none';
  const declared = parseIndexes(row.indexes) ?? [];
  for (const entry of missingFrom(declared, expected.entries))
    report(`ought to have the index row ${entryName(entry)}`);
  if (!expected.complete) return 'part';
  for (const entry of missingFrom(expected.entries, declared))
    report(`ought not to have the index row ${entryName(entry)}`);
  return 'full';
}
