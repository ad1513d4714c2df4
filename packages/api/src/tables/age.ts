import { humanDuration } from '@canopy/apimachinery';

/** What stands for an age that is not known. */
const unknownAge = '<unknown>';

/** Age of an RFC 3339 timestamp at `now` (milliseconds since the epoch), as kubectl shows it. */
export function ageOf(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null) return unknownAge;
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? unknownAge : humanDuration(now - time);
}
