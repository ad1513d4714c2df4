import type { Query } from '../rest/paths.ts';

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds; 0 is no limit. Default: the REST client's. */
  timeoutMs?: number;
  /** Default `application/json`. */
  accept?: string;
  /** More query parameters. */
  query?: Query;
}

export interface GetOptions extends CallOptions {
  resourceVersion?: string;
  /** E.g. `status` or `scale`. */
  subresource?: string;
}

export interface ListOptions extends CallOptions {
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page. */
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface WatchOptions extends CallOptions {
  labelSelector?: string;
  fieldSelector?: string;
  /** Events after this version; without it, the present objects come first as ADDED. */
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  /** The server ends the watch after so many seconds. */
  timeoutSeconds?: number;
}

export interface WriteOptions extends CallOptions {
  /** Validate and answer, but keep nothing. */
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  subresource?: string;
}

export interface ApplyOptions extends Omit<WriteOptions, 'fieldManager'> {
  fieldManager: string;
  /** Take fields over from other managers. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  gracePeriodSeconds?: number;
  /** Answered with 409 when they do not hold. */
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

/** The query of a list or watch. */
export function selectionQuery(options: ListOptions & WatchOptions): Query {
  return {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    allowWatchBookmarks: options.allowWatchBookmarks,
    timeoutSeconds: options.timeoutSeconds,
    ...options.query,
  };
}

/** The query of a create, an update or a patch. */
export function writeQuery(options: WriteOptions & { force?: boolean }): Query {
  return {
    dryRun: options.dryRun ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force: options.force,
    ...options.query,
  };
}

/** The body of a delete; undefined when nothing is asked for. */
export function deleteBody(options: DeleteOptions): object | undefined {
  const { propagationPolicy, gracePeriodSeconds, preconditions, dryRun } = options;
  if (propagationPolicy === undefined && gracePeriodSeconds === undefined && preconditions === undefined && !dryRun) {
    return undefined;
  }
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy,
    gracePeriodSeconds,
    preconditions,
    dryRun: dryRun ? ['All'] : undefined,
  };
}
