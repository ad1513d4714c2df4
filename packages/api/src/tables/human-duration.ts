const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/**
 * A duration in milliseconds, to two or three digits as kubectl shows ages: `45s`, `3m12s`, `47m`, `5h3m`, `30h`, `3d4h`, `80d`, `2y33d`,
 * `9y`. Up to two seconds in the future count as `0s`, more is `<invalid>`.
 */
export function humanDuration(milliseconds: number): string {
  if (milliseconds < -second) return '<invalid>';
  if (milliseconds < 0) return '0s';
  if (milliseconds < 2 * minute) return `${Math.floor(milliseconds / second)}s`;
  if (milliseconds < 10 * minute) return withRest(milliseconds, { unit: minute, name: 'm', rest: second, restName: 's' });
  if (milliseconds < 3 * hour) return `${Math.floor(milliseconds / minute)}m`;
  if (milliseconds < 8 * hour) return withRest(milliseconds, { unit: hour, name: 'h', rest: minute, restName: 'm' });
  if (milliseconds < 2 * day) return `${Math.floor(milliseconds / hour)}h`;
  if (milliseconds < 8 * day) return withRest(milliseconds, { unit: day, name: 'd', rest: hour, restName: 'h' });
  if (milliseconds < 2 * year) return `${Math.floor(milliseconds / day)}d`;
  if (milliseconds < 8 * year) return withRest(milliseconds, { unit: year, name: 'y', rest: day, restName: 'd' });
  return `${Math.floor(milliseconds / year)}y`;
}

interface Units {
  unit: number;
  name: string;
  rest: number;
  restName: string;
}

function withRest(milliseconds: number, { unit, name, rest, restName }: Units): string {
  const remainder = Math.floor((milliseconds % unit) / rest);
  const whole = `${Math.floor(milliseconds / unit)}${name}`;
  return remainder === 0 ? whole : `${whole}${remainder}${restName}`;
}

/** What stands for an age that is not known. */
export const unknownAge = '<unknown>';

/** Age of an RFC 3339 timestamp at `now` (milliseconds since the epoch). */
export function ageOf(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null) return unknownAge;
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? unknownAge : humanDuration(now - time);
}
