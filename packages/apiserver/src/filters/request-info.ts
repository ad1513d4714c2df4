import type { ClusterContext, InfoContext } from '../endpoints/request-context.ts';
import { parseRequestInfo } from '../endpoints/request-info.ts';
import { enrich, type Filter } from './chain.ts';

export const requestInfoFilter: Filter<ClusterContext, InfoContext> = {
  name: 'request-info',
  apply(context) {
    return enrich(context, { info: parseRequestInfo(context.method, context.apiPath, context.query) });
  },
};
