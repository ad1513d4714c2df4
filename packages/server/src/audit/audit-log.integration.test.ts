import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AnyObject, configMap, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  nonResourceURLs: ["/healthz*", "/readyz"]
- level: RequestResponse
  resources: [{group: "", resources: ["configmaps"]}]
  namespaces: ["loud"]
- level: Request
  resources: [{group: "", resources: ["configmaps"]}]
- level: None
  users: ["quiet"]
- level: Metadata
`;

let directory: string;
let events: AuditEvent[];
const at = '/api/v1/namespaces/default/configmaps';
const loud = '/api/v1/namespaces/loud/configmaps';

interface AuditEvent {
  auditID: string;
  level: string;
  verb: string;
  requestURI: string;
  user: { username: string; groups?: string[] };
  impersonatedUser?: { username: string };
  objectRef?: Record<string, string>;
  responseStatus: { code: number; reason?: string };
  requestObject?: AnyObject;
  responseObject?: AnyObject;
  annotations: Record<string, string>;
}

async function exercise({ admin, user, anonymous }: RunningServer): Promise<void> {
  await admin.ok('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'loud' } });
  await admin.ok('POST', at, configMap('asked', { secret: 'one' }));
  await admin.ok('POST', loud, configMap('answered', { secret: 'two' }));
  await admin.call('GET', '/api/v1/namespaces/default/secrets', undefined, {
    headers: { 'impersonate-user': 'imp', 'user-agent': 'auditor/1' },
  });
  await user('alice').get('/api/v1/namespaces/default/secrets/hidden');
  await user('quiet').get('/api/v1/namespaces/default/secrets');
  await user('alice').in('root:nowhere').get('/api/v1/namespaces');
  await anonymous.get('/api/v1/nodes?limit=5');
  await admin.below('').get('/healthz');
  await admin.below('').get('/version');
  await admin.call('POST', at, '{not json');
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'canopy-audit-'));
  const [log, file] = [path.join(directory, 'audit.log'), path.join(directory, 'policy.yaml')];
  writeFileSync(file, policy);
  const flags = ['--audit-log-path', log, '--audit-policy-file', file];
  const server = await startServer({ flags, users: [{ name: 'alice' }, { name: 'quiet' }] });
  await exercise(server);
  await server.stop();
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  events = lines.map((line) => JSON.parse(line) as AuditEvent);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function eventOf(fits: (event: AuditEvent) => boolean): AuditEvent {
  const found = events.filter(fits);
  expect(found).toHaveLength(1);
  return found[0] as AuditEvent;
}

describe('the audit log', () => {
  it('has one event per request, with an id of its own and the form of audit.k8s.io/v1', () => {
    expect(events).toHaveLength(9);
    expect(new Set(events.map(({ auditID }) => auditID)).size).toBe(9);
    for (const event of events)
      expect(event).toMatchObject({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', stage: 'ResponseComplete' });
  });

  it('leaves out what the policy does not want', () => {
    expect(events.filter(({ requestURI }) => requestURI.includes('healthz'))).toEqual([]);
    expect(events.filter(({ user }) => user.username === 'quiet')).toEqual([]);
  });

  it('tells who did what where on level Metadata, without bodies', () => {
    const event = eventOf(({ objectRef, verb }) => verb === 'create' && objectRef?.resource === 'namespaces');
    expect(event).toMatchObject({
      level: 'Metadata',
      requestURI: '/clusters/root/api/v1/namespaces',
      user: { username: 'kcp-admin', groups: ['system:kcp:admin', 'system:authenticated'] },
      objectRef: { resource: 'namespaces', apiVersion: 'v1' },
      responseStatus: { code: 201 },
      annotations: { 'kcp.io/cluster': 'root', 'authorization.k8s.io/decision': 'allow' },
    });
    expect(event.requestObject).toBeUndefined();
    expect(event.responseObject).toBeUndefined();
  });

  it('has what was sent on level Request, and no answer', () => {
    const event = eventOf(({ requestObject }) => requestObject?.metadata.name === 'asked');
    expect(event).toMatchObject({ level: 'Request', requestObject: { data: { secret: 'one' } } });
    expect(event.responseObject).toBeUndefined();
  });

  it('has both on level RequestResponse', () => {
    const event = eventOf(({ requestObject }) => requestObject?.metadata.name === 'answered');
    expect(event.level).toBe('RequestResponse');
    expect(event.responseObject?.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(event.responseObject?.data).toEqual({ secret: 'two' });
  });

  it('names the impersonated user beside the real one', () => {
    const event = eventOf(({ impersonatedUser }) => impersonatedUser !== undefined);
    expect(event).toMatchObject({
      user: { username: 'kcp-admin' },
      impersonatedUser: { username: 'imp' },
      userAgent: 'auditor/1',
    });
  });

  it('names the user and the object of a forbidden request', () => {
    const event = eventOf(({ objectRef, user }) => user.username === 'alice' && objectRef?.resource === 'secrets');
    expect(event).toMatchObject({
      verb: 'get',
      objectRef: { resource: 'secrets', namespace: 'default', name: 'hidden', apiVersion: 'v1' },
      responseStatus: { code: 403, reason: 'Forbidden' },
      annotations: { 'kcp.io/cluster': 'root', 'authorization.k8s.io/decision': 'forbid' },
    });
  });

  it('has requests to workspaces that do not exist, and those of nobody', () => {
    expect(eventOf(({ requestURI }) => requestURI.includes('nowhere'))).toMatchObject({
      user: { username: 'alice' },
      responseStatus: { code: 403 },
    });
    expect(eventOf(({ user }) => user.username === 'system:anonymous')).toMatchObject({
      requestURI: '/clusters/root/api/v1/nodes?limit=5',
    });
  });

  it('has malformed requests, without the body', () => {
    const event = eventOf(({ responseStatus }) => responseStatus.code === 400);
    expect(event).toMatchObject({ level: 'Request', verb: 'create' });
    expect(event.requestObject).toBeUndefined();
  });
});
