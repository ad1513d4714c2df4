/** 'Cnpy': marks the file as a Canopy database (SQLite's application_id, bytes 68-71 of the header). */
export const applicationId = 0x436e7079;

/** Version of the tables below (SQLite's user_version, bytes 60-63 of the header). */
export const formatVersion = 1;

/**
 * `kv` is the log and the values in one: a row per change, by revision; `value` is NULL for a deletion.
 * `cur` has the newest version of each key; `create_rev` 0 marks a deleted key, kept until compacted. `indexes` is the
 * JSON of the rows in `idx`, so that an update that changes none of them is recognised without reading `idx`.
 * `meta`: `compacted` (history is gone up to here) and `swept` (and has been removed from the file up to here).
 */
export const schema = `
CREATE TABLE kv (
  rev INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  create_rev INTEGER NOT NULL,
  prev_rev INTEGER NOT NULL,
  value BLOB
);
CREATE TABLE cur (
  key TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  create_rev INTEGER NOT NULL,
  lease INTEGER,
  indexes TEXT
) WITHOUT ROWID;
CREATE INDEX cur_lease ON cur(lease) WHERE lease IS NOT NULL;
CREATE TABLE idx (name TEXT NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (name, value, key)) WITHOUT ROWID;
CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);
CREATE INDEX lease_expires ON lease(expires_ms);
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('compacted', 0), ('swept', 0);
`;

/** The revision of an empty store: not 0, so that a list of nothing can still be watched from its revision. */
export const emptyRevision = 1;

/** Where the database that is to be at `path` is made while a store is moved there. */
export function unfinishedPath(path: string): string {
  return `${path}.moving`;
}
