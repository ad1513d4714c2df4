import { checkContent } from './check-content.ts';
import { entryName, parseIndexes } from './index-rules.ts';

/** A row of `kv` with what it belongs to. */
export interface LogTableRow {
  rev: number;
  key: string;
  create_rev: number;
  prev_rev: number;
  /** Newest revision of the key. */
  current_rev: number | null;
  /** Key of the change before. */
  previous_key: string | null;
  /** Undefined content for the newest change, which is looked at elsewhere. */
  value: Uint8Array | null;
}

export interface IndexTableRow {
  name: string;
  value: string;
  key: string;
  create_rev: number | null;
  indexes: string | null;
}

export function checkLogRow(row: LogTableRow, compacted: number, report: (what: string) => void): void {
  const change = `revision ${row.rev}`;
  if (row.current_rev === null) report(`${change} of the log is of a key that does not exist`);
  else if (row.current_rev < row.rev) report(`${change} of the log is newer than the current one, ${row.current_rev}`);
  if (row.create_rev < 1 || row.create_rev > row.rev) report(`${change} says that it was created at ${row.create_rev}`);
  if (row.prev_rev < 0 || row.prev_rev >= row.rev) report(`${change} says that it follows ${row.prev_rev}`);
  else if (row.prev_rev > compacted && row.previous_key === null)
    report(`${change} follows ${row.prev_rev}, which is not in the log`);
  if (row.previous_key !== null && row.previous_key !== row.key)
    report(`${change} follows ${row.prev_rev}, which is of ${row.previous_key}`);
  if (row.value !== null) checkContent(row.key, row.value, (what) => report(`${change}: ${what}`));
}

export function checkIndexRow(row: IndexTableRow, report: (what: string) => void): void {
  const entry = entryName({ index: row.name, value: row.value });
  if (row.create_rev === null) report(`the index row ${entry} points to this key, which does not exist`);
  else if (row.create_rev === 0) report(`the index row ${entry} points to this key, which is deleted`);
  else {
    const declared = parseIndexes(row.indexes);
    if (declared !== undefined && !declared.some(({ index, value }) => index === row.name && value === row.value))
      report(`the index row ${entry} points to this key, which does not declare it`);
  }
}
