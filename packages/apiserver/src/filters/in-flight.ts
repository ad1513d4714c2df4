import { tooManyRequests } from '@canopy/apimachinery';
import type { UserContext } from '../endpoints/request-context.ts';
import type { Filter } from './chain.ts';

export interface InFlightLimits {
  /** Requests in work at once, all users together; watches do not count. */
  total: number;
  /** Requests in work at once for one user in one logical cluster. */
  perUserAndCluster: number;
}

/** Sheds load before it costs anything: 429 with Retry-After. In-process callers and watches are not counted. */
export function inFlightFilter(limits: InFlightLimits): Filter<UserContext, UserContext> {
  let total = 0;
  const perKey = new Map<string, number>();
  return {
    name: 'in-flight',
    apply(context) {
      if (context.inProcessUser !== undefined || context.info.verb === 'watch') return context;
      const key = `${context.user.name}\n${context.target.kind === 'cluster' ? context.target.name : context.target.kind}`;
      const own = perKey.get(key) ?? 0;
      if (total >= limits.total || own >= limits.perUserAndCluster) {
        throw tooManyRequests('too many requests, please try again later', 1);
      }
      total += 1;
      perKey.set(key, own + 1);
      context.onFinish.push(() => {
        total -= 1;
        const left = (perKey.get(key) ?? 1) - 1;
        if (left === 0) perKey.delete(key);
        else perKey.set(key, left);
      });
      return context;
    },
  };
}
