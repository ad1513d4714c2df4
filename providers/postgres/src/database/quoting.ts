/** A name as SQL takes it, whatever is in it. @throws RangeError for what PostgreSQL cannot hold as a name */
export function quoteIdentifier(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > 63) throw new RangeError(`a name has 1 to 63 bytes, not ${bytes}`);
  if (name.includes('\0')) throw new RangeError('a name has no zero byte');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string constant that means the same whatever `standard_conforming_strings` says. @throws RangeError for a zero byte */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('a text has no zero byte');
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
