import { badRequest } from '@canopy/apimachinery';
import type { Revision } from '@canopy/storage';

/** Where a paged list goes on: after `start` (relative to the collection's prefix), as of `revision`; -1 for "newest". */
export interface ContinueToken {
  revision: Revision | -1;
  start: string;
}

export function encodeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.start })).toString(
    'base64url',
  );
}

export function decodeContinue(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as {
      v?: unknown;
      rv?: unknown;
      start?: unknown;
    };
    if (token.v === 'meta.k8s.io/v1' && Number.isSafeInteger(token.rv) && typeof token.start === 'string') {
      return { revision: token.rv as Revision, start: token.start };
    }
  } catch {
    // Falls through: any malformed token gets the same answer.
  }
  throw badRequest('continue key is not valid');
}
