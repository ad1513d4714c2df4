/** Path of a keyword below `path`, which is empty for the schema itself. */
export function keywordPath(path: string, keyword: string): string {
  return path === '' ? keyword : `${path}.${keyword}`;
}
