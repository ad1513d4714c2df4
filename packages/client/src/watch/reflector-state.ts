import { isStatusError } from '@canopy/apimachinery';
import type { Random } from '../clock.ts';
import { compareVersions } from './resource-version.ts';

/** What a reflector is doing. `failures` counts in a row, up to the last sign of success. */
export type ReflectorState = Listing | Watching | Waiting;

/** Fetching what there is; `continueToken` of the next page. Without `paged`, all in one answer. */
export interface Listing {
  phase: 'listing';
  continueToken: string | undefined;
  paged: boolean;
  failures: number;
}

/** Following changes after `resourceVersion`, the newest that was seen in a list, an event or a bookmark. */
export interface Watching {
  phase: 'watching';
  resourceVersion: string;
  failures: number;
}

/** Letting `delayMs` pass before going on with `next`. */
export interface Waiting {
  phase: 'waiting';
  delayMs: number;
  next: Listing | Watching;
}

export type ReflectorInput =
  /** A page arrived; the last one has no `continueToken`. */
  | { type: 'page'; resourceVersion: string; continueToken: string | undefined }
  /** An event or a bookmark arrived. */
  | { type: 'progress'; resourceVersion: string }
  /** The server ended the watch, which had brought something or `lasted` for a while, or neither. */
  | { type: 'ended'; lasted: boolean }
  | { type: 'failed'; error: unknown }
  | { type: 'waited' };

export const initialState: Listing = { phase: 'listing', continueToken: undefined, paged: true, failures: 0 };

const firstDelayMs = 800;
const longestDelayMs = 30_000;

/**
 * The next state. A version that is too old (410) leads back to a list, all else that fails to the same step after a
 * delay that doubles up to 30 s and varies by half. An expired page starts the list over; when that happens twice, without pages.
 */
export function step(state: ReflectorState, input: ReflectorInput, random: Random): ReflectorState {
  switch (input.type) {
    case 'waited':
      return state.phase === 'waiting' ? state.next : state;
    case 'page':
      if (state.phase !== 'listing') return state;
      return input.continueToken
        ? { ...state, continueToken: input.continueToken }
        : { phase: 'watching', resourceVersion: input.resourceVersion, failures: state.failures };
    case 'progress': {
      if (state.phase !== 'watching') return state;
      const older = (compareVersions(input.resourceVersion, state.resourceVersion) ?? 1) < 0;
      return { ...state, resourceVersion: older ? state.resourceVersion : input.resourceVersion, failures: 0 };
    }
    case 'ended':
      if (state.phase !== 'watching') return state;
      return input.lasted ? { ...state, failures: 0 } : wait({ ...state, failures: state.failures + 1 }, random);
    case 'failed':
      return state.phase === 'waiting' ? state : afterFailure(state, input.error, random);
  }
}

function afterFailure(state: Listing | Watching, error: unknown, random: Random): ReflectorState {
  const failures = state.failures + 1;
  if (!isStatusError(error) || error.code !== 410) {
    return wait({ ...state, failures }, random);
  }
  const expiredPage = state.phase === 'listing' && state.continueToken !== undefined;
  const again: Listing = { ...initialState, paged: !(expiredPage && state.failures > 0), failures };
  return state.failures === 0 ? again : wait(again, random);
}

function wait(next: Listing | Watching, random: Random): Waiting {
  const base = Math.min(firstDelayMs * 2 ** Math.min(next.failures - 1, 10), longestDelayMs);
  return { phase: 'waiting', delayMs: base * (0.5 + random()), next };
}
