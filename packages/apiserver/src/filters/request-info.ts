import type { ClusterContext, InfoContext } from '../endpoints/request-context.ts';
import { parseRequestInfo } from '../endpoints/request-info.ts';
import type { Filter } from './chain.ts';

export const requestInfoFilter: Filter<ClusterContext, InfoContext> = {
  name: 'request-info',
  apply(context) {
    return { ...context, info: parseRequestInfo(context.method, context.apiPath, context.query) };
  },
};
