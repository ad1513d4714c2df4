/** metav1.Status and the error that carries it. Reasons and codes are those of the Kubernetes API conventions. */
export type StatusReason =
  | 'Unknown'
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'RequestEntityTooLarge'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'ServiceUnavailable';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string; resourceVersion?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: StatusReason | '';
  details?: StatusDetails;
  code: number;
}

export interface StatusErrorInit {
  code: number;
  reason: StatusReason | '';
  message: string;
  details?: StatusDetails;
  cause?: unknown;
  /** Continue token of a 410 that a list may go on with. */
  continueToken?: string;
}

/** An error whose answer to the client is a `Status` object. Everything the API edge throws is one of these. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: StatusReason | '';
  readonly details: StatusDetails | undefined;
  readonly continueToken: string | undefined;

  constructor(init: StatusErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'StatusError';
    this.code = init.code;
    this.reason = init.reason;
    this.details = init.details;
    this.continueToken = init.continueToken;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** The group and plural resource (or kind, for `Invalid`) an error is about. */
export interface GroupResource {
  group: string;
  resource: string;
}

/** `widgets.example.com`, or just `configmaps` in the core group: how messages name a resource. */
export function groupResourceText(gr: GroupResource): string {
  return gr.group === '' ? gr.resource : `${gr.resource}.${gr.group}`;
}

function about(gr: GroupResource, name: string, extra?: StatusDetails): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(gr.group === '' ? {} : { group: gr.group }),
    kind: gr.resource,
    ...extra,
  };
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

export function unauthorized(message = 'Unauthorized'): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message });
}

export function forbidden(gr: GroupResource, name: string, why: string): StatusError {
  const object = name === '' ? groupResourceText(gr) : `${groupResourceText(gr)} "${name}"`;
  const message = gr.resource === '' ? `forbidden: ${why}` : `${object} is forbidden: ${why}`;
  return new StatusError({ code: 403, reason: 'Forbidden', message, details: about(gr, name) });
}

export function notFound(gr: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${groupResourceText(gr)} "${name}" not found`,
    details: about(gr, name),
  });
}

/** 404 for a path or an API that is not served. */
export function pathNotFound(): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function alreadyExists(gr: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResourceText(gr)} "${name}" already exists`,
    details: about(gr, name),
  });
}

export function conflict(gr: GroupResource, name: string, why: string, causes?: StatusCause[]): StatusError {
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResourceText(gr)} "${name}": ${why}`,
    details: about(gr, name, causes === undefined ? undefined : { causes }),
  });
}

export function expired(message: string, continueToken?: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message, continueToken });
}

/** 422 with one cause per field error, worded as Kubernetes words them. `gk.resource` is the kind here. */
export function invalid(gk: GroupResource, name: string, errors: readonly StatusCause[]): StatusError {
  const texts = errors.map((e) => (e.field ? `${e.field}: ${e.message}` : `${e.message}`));
  const body = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${groupResourceText(gk)} "${name}" is invalid: ${body}`,
    details: about(gk, name, { causes: errors.map((e) => ({ ...e })) }),
  });
}

export function methodNotAllowed(gr: GroupResource, verb: string): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind "${groupResourceText(gr)}"`,
    details: about(gr, ''),
  });
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${accepted.join(', ')}`,
  });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  });
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
}

export function timeout(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  });
}

export function internalError(message: string, cause?: unknown): StatusError {
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
    cause,
  });
}

export function serviceUnavailable(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError({
    code: 503,
    reason: 'ServiceUnavailable',
    message,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  });
}

export function isStatusError(error: unknown, reason?: StatusReason): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason);
}
