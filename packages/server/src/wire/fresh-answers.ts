import { isStatusError } from '@canopy/apimachinery';
import type { ApiResponse, ApiServerOptions, AuthorizedContext, IncomingRequest, UserContext } from '@canopy/apiserver';
import type { ChangeHub, Storage } from '@canopy/storage';

type Chain = ApiServerOptions['chain'];
type Dispatch = ApiServerOptions['dispatch'];

export interface FreshAnswers {
  chain(inner: Chain): Chain;
  dispatch(inner: Dispatch): Dispatch;
  /** A request whose body can be read again. */
  request(request: IncomingRequest): IncomingRequest;
}

/** Refusals that something another replica has just written may have made wrong; none of them has written anything. */
const doubtful: ReadonlySet<number> = new Set([401, 403, 404, 422]);

/**
 * Caches of a replica lag behind the store by the time that a change takes to get here. What they allow may be that old.
 * What they refuse may not: who has just written a role, a binding, a workspace or a CRD on another replica would be told
 * that it is not there. So a refusal counts only when the cache has seen all that the store had when the request came in;
 * else it waits for the rest and decides again. With a store of its own nothing lags, and nothing is done here.
 */
export function freshAnswers(storage: Storage, hub: ChangeHub, shared: boolean): FreshAnswers {
  if (!shared) return { chain: (inner) => inner, dispatch: (inner) => inner, request: (request) => request };

  /** False when the decision was made on all there is. */
  async function caughtUp(since: number): Promise<boolean> {
    const revision = await storage.currentRevision();
    if (revision <= since) return false;
    await hub.waitFor(revision);
    return true;
  }

  return {
    chain: (inner) => ({
      async run(
        request: IncomingRequest,
        reached: (context: Partial<UserContext>) => void,
      ): Promise<AuthorizedContext> {
        const since = hub.revision;
        try {
          return await inner.run(request, reached);
        } catch (error) {
          if (!isStatusError(error) || !doubtful.has(error.code) || !(await caughtUp(since))) throw error;
          for (const release of request.onFinish.splice(0)) release(0);
          return inner.run(request, reached);
        }
      },
    }),
    dispatch: (inner) => async (context) => {
      const since = hub.revision;
      const known = context.warnings.length;
      let answer: { response: ApiResponse } | { error: unknown };
      try {
        answer = { response: await inner(context) };
      } catch (error) {
        answer = { error };
      }
      const code = codeOf(answer);
      if (code !== undefined && doubtful.has(code) && (await caughtUp(since))) {
        context.warnings.length = known;
        return inner(context);
      }
      if ('error' in answer) throw answer.error;
      return answer.response;
    },
    request(request) {
      const body = request.body.bind(request);
      let read: Uint8Array | Promise<Uint8Array> | undefined;
      request.body = () => {
        read ??= body();
        return read;
      };
      return request;
    },
  };
}

function codeOf(answer: { response: ApiResponse } | { error: unknown }): number | undefined {
  if ('response' in answer) return answer.response.status;
  return isStatusError(answer.error) ? answer.error.code : undefined;
}
