import { createWriteStream, type WriteStream } from 'node:fs';
import type { FinishedRequest, IncomingRequest } from '@canopy/apiserver';
import { type AuditLevel, type AuditPolicy, type AuditSubject, auditLevel } from './audit-policy.ts';

/** Lines that may wait for the disk; beyond that events are dropped and counted rather than held in memory. */
const maxWaitingBytes = 64 * 1024 * 1024;
const maxBodyBytes = 1024 * 1024;

const bodies = new WeakMap<IncomingRequest['onFinish'], Uint8Array>();

/** Remembers the body of a request for its audit event; nothing is copied. */
export function rememberBody(request: IncomingRequest): IncomingRequest {
  const body = request.body.bind(request);
  request.body = async () => {
    const bytes = await body();
    bodies.set(request.onFinish, bytes);
    return bytes;
  };
  return request;
}

/** Writes one audit.k8s.io/v1 Event per finished request, a JSON document per line. */
export class AuditLog {
  private readonly policy: AuditPolicy;
  private readonly stream: WriteStream | NodeJS.WriteStream;
  private readonly onError: (error: Error) => void;
  private dropped = 0;

  constructor(path: string, policy: AuditPolicy, onError: (error: Error) => void) {
    this.policy = policy;
    this.onError = onError;
    this.stream = path === '-' ? process.stdout : createWriteStream(path, { flags: 'a', mode: 0o600 });
    this.stream.on('error', (error: Error) => this.onError(error));
  }

  record(finished: FinishedRequest, nowMs: number): void {
    const level = auditLevel(this.policy, subjectOf(finished));
    if (level === 'None') return;
    if (this.stream.writableLength > maxWaitingBytes) {
      this.dropped += 1;
      if (this.dropped === 1) this.onError(new Error('the audit log cannot keep up; events are dropped'));
      return;
    }
    this.dropped = 0;
    this.stream.write(`${JSON.stringify(eventOf(finished, level, nowMs))}\n`);
  }

  /** Resolves when everything is on its way to the disk. */
  close(): Promise<void> {
    if (this.stream === process.stdout) return Promise.resolve();
    return new Promise((resolve) => this.stream.end(() => resolve()));
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

function bodyField(field: string, body: Uint8Array | string | undefined): Record<string, unknown> {
  if (body === undefined || body.length === 0 || body.length > maxBodyBytes) return {};
  try {
    return { [field]: JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) };
  } catch {
    return {};
  }
}

function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
