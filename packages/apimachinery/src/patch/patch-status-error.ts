import { badRequest, requestEntityTooLarge, StatusError } from '../meta/status-error.ts';
import { JsonPatchError } from './json-patch.ts';
import { MergePatchError } from './merge-patch.ts';
import { StrategicMergePatchError } from './strategic-merge-meta.ts';

/** The answer of kube-apiserver to a patch that cannot be applied; undefined for any other error. */
export function patchStatusError(error: unknown): StatusError | undefined {
  if (error instanceof MergePatchError) return badRequest(error.message);
  if (!(error instanceof JsonPatchError || error instanceof StrategicMergePatchError)) return undefined;
  switch (error.kind) {
    case 'malformed':
      return badRequest(error.message);
    case 'tooManyOperations':
      return requestEntityTooLarge(`Request entity too large: ${error.message}`);
    case 'failed':
      return new StatusError({ code: 500, reason: '', message: error.message, cause: error });
    default:
      return new StatusError({
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        details: {},
        cause: error,
      });
  }
}
