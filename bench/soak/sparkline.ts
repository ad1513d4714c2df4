const levels = '▁▂▃▄▅▆▇█';

/** A curve as one line of text, from nothing to the highest value; each column shows the highest of its share of the values. */
export function sparkline(values: readonly number[], columns: number): string {
  const width = Math.min(columns, values.length);
  const top = Math.max(...values.filter(Number.isFinite), Number.MIN_VALUE);
  let line = '';
  for (let i = 0; i < width; i++) {
    const from = Math.floor((i * values.length) / width);
    const share = values.slice(from, Math.floor(((i + 1) * values.length) / width)).filter(Number.isFinite);
    const level = share.length === 0 ? undefined : Math.round((Math.max(...share) / top) * (levels.length - 1));
    line += level === undefined ? ' ' : levels[level];
  }
  return line;
}
