import { closeSync, createWriteStream, fstatSync, openSync, readSync, type WriteStream } from 'node:fs';
import {
  type FinishedRequest,
  type IncomingRequest,
  leastBytes,
  type ResponseBody,
  wholeBody,
} from '@canopy/apiserver';
import { type AuditLevel, type AuditPolicy, type AuditSubject, auditLevel } from './audit-policy.ts';

/** Lines that may wait for the disk; beyond that events are dropped and counted rather than held in memory. */
const maxWaitingBytes = 64 * 1024 * 1024;
const maxBodyBytes = 1024 * 1024;

const bodies = new WeakMap<IncomingRequest['onFinish'], Uint8Array>();

/** Remembers the body of a request for its audit event; nothing is copied. */
export function rememberBody(request: IncomingRequest): IncomingRequest {
  const body = request.body.bind(request);
  const remember = (bytes: Uint8Array): Uint8Array => {
    bodies.set(request.onFinish, bytes);
    return bytes;
  };
  request.body = () => {
    const read = body();
    return read instanceof Promise ? read.then(remember) : remember(read);
  };
  return request;
}

/** Before a file that could not be written is tried again. */
const retryMs = 1000;

/**
 * Writes one audit.k8s.io/v1 Event per finished request, a JSON document per line. While the file cannot be written, as on
 * a full disk, events are dropped and counted; requests do not wait. A line that a crash or an error cut stays a line of
 * its own.
 */
export class AuditLog {
  private readonly path: string;
  private readonly policy: AuditPolicy;
  private readonly onError: (error: Error) => void;
  private stream: WriteStream | NodeJS.WriteStream;
  private dropped = 0;
  /** Of `performance.now()`, while the file cannot be written. */
  private failedAt: number | undefined;

  /** `onError` hears of an outage when it begins, and when it has ended how many events it cost. */
  constructor(path: string, policy: AuditPolicy, onError: (error: Error) => void) {
    this.path = path;
    this.policy = policy;
    this.onError = onError;
    this.stream = this.open();
  }

  record(finished: FinishedRequest, nowMs: number): void {
    const level = auditLevel(this.policy, subjectOf(finished));
    if (level === 'None') return;
    if (this.stream.destroyed && performance.now() - (this.failedAt ?? 0) >= retryMs) this.stream = this.open();
    if (this.stream.destroyed) {
      this.dropped += 1;
      return;
    }
    if (this.stream.writableLength > maxWaitingBytes) {
      this.dropped += 1;
      if (this.dropped === 1) this.onError(new Error('the audit log cannot keep up; events are dropped'));
      return;
    }
    this.stream.write(`${JSON.stringify(eventOf(finished, level, nowMs))}\n`, (error) => {
      if (error) this.dropped += 1;
      else if (this.dropped > 0) this.recovered();
    });
  }

  /** Resolves when everything is on its way to the disk. */
  close(): Promise<void> {
    if (this.stream === process.stdout || this.stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.stream.end(() => resolve()));
  }

  private open(): WriteStream | NodeJS.WriteStream {
    if (this.path === '-') return process.stdout;
    const stream = createWriteStream(this.path, { flags: 'a', mode: 0o600 });
    stream.on('error', (error: Error) => {
      if (this.failedAt === undefined) this.onError(error);
      this.failedAt = performance.now();
    });
    if (endsWithinLine(this.path)) stream.write('\n');
    return stream;
  }

  private recovered(): void {
    this.onError(new Error(`the audit log is written again; ${this.dropped} events were dropped`));
    this.dropped = 0;
    this.failedAt = undefined;
  }
}

function endsWithinLine(path: string): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  } catch {
    // None yet, or none that can be read: the stream tells what is wrong with it.
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function subjectOf({ known, request }: FinishedRequest): AuditSubject {
  const { info, user } = known;
  return {
    user: user?.name ?? 'system:anonymous',
    groups: user?.groups ?? ['system:unauthenticated'],
    verb: info?.verb ?? request.method.toLowerCase(),
    resourceRequest: info?.resourceRequest ?? false,
    group: info?.group ?? '',
    resource: info?.resource ?? '',
    subresource: info?.subresource ?? '',
    namespace: info?.namespace ?? '',
    name: info?.name ?? '',
    path: info?.path ?? request.path,
  };
}

function eventOf(finished: FinishedRequest, level: AuditLevel, nowMs: number): Record<string, unknown> {
  const { request, known, status, error, durationMs } = finished;
  const { info, impersonator } = known;
  const user = impersonator ?? known.user;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: request.auditId,
    stage: 'ResponseComplete',
    requestURI: request.query.size === 0 ? request.path : `${request.path}?${request.query.toString()}`,
    verb: info?.verb ?? request.method.toLowerCase(),
    user: user === undefined ? { username: 'system:anonymous' } : auditUser(user),
    ...(impersonator === undefined || known.user === undefined ? {} : { impersonatedUser: auditUser(known.user) }),
    ...(request.socket?.remoteAddress === undefined ? {} : { sourceIPs: [request.socket.remoteAddress] }),
    ...(request.headers['user-agent'] === undefined ? {} : { userAgent: request.headers['user-agent'] }),
    ...(info?.resourceRequest === true ? { objectRef: objectRef(info) } : {}),
    responseStatus: {
      metadata: {},
      code: status,
      ...(error === undefined ? {} : { status: 'Failure', message: error.message, reason: error.reason }),
    },
    ...(level === 'Metadata' ? {} : bodyField('requestObject', bodies.get(request.onFinish))),
    ...(level === 'RequestResponse' ? bodyField('responseObject', finished.responseBody) : {}),
    requestReceivedTimestamp: microTime(nowMs - durationMs),
    stageTimestamp: microTime(nowMs),
    annotations: { ...request.auditAnnotations, ...clusterAnnotations(finished) },
  };
}

function clusterAnnotations({ known: { target } }: FinishedRequest): Record<string, string> {
  if (target?.kind !== 'cluster') return {};
  return { 'kcp.io/cluster': target.name, 'tenancy.kcp.io/workspace': target.name };
}

function auditUser(user: { name: string; uid?: string; groups: readonly string[] }): Record<string, unknown> {
  return { username: user.name, ...(user.uid === undefined ? {} : { uid: user.uid }), groups: user.groups };
}

function objectRef(info: NonNullable<FinishedRequest['known']['info']>): Record<string, string> {
  const { group, version, resource, subresource, namespace, name } = info;
  const reference = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  return Object.fromEntries(Object.entries(reference).filter(([, value]) => value !== ''));
}

function bodyField(field: string, body: ResponseBody | undefined): Record<string, unknown> {
  if (body === undefined || leastBytes(body) === 0 || leastBytes(body) > maxBodyBytes) return {};
  const whole = wholeBody(body);
  try {
    return { [field]: JSON.parse(typeof whole === 'string' ? whole : new TextDecoder().decode(whole)) };
  } catch {
    return {};
  }
}

function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
