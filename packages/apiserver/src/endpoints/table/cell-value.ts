import { humanDuration, type PrinterColumn, parseTime } from '@canopy/apimachinery';

export type CellValue = string | number | boolean | null;

/** Age of an RFC 3339 time for people (`5d`); `<unknown>` without one, `<invalid>` for text that is no time. */
export function ageCell(time: unknown, nowMs: number): string {
  if (time === undefined || time === null || time === '') return '<unknown>';
  const parsed = typeof time === 'string' ? parseTime(time) : undefined;
  return parsed === undefined ? '<invalid>' : humanDuration(nowMs - parsed);
}

/**
 * What a custom resource's column shows of a value, by the column's type. Null, which kubectl leaves blank, for
 * missing values and those of another type; string columns show values of any type as text, composite ones as JSON.
 */
export function columnCell(type: PrinterColumn['type'], value: unknown, nowMs: number): CellValue {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return textOf(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageCell(value, nowMs) : null;
    default:
      return null;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
