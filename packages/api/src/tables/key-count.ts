/** How many keys a map has; none if it is absent. */
export function keyCount(map: object | null | undefined): number {
  return map === undefined || map === null ? 0 : Object.keys(map).length;
}
