import type { FinishedRequest } from '@canopy/apiserver';
import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

function request(verb: string, resource: string, status: number): FinishedRequest {
  const [name, ...group] = resource.split('.');
  return {
    context: {
      info: { verb, resourceRequest: true, resource: name, group: group.join('.') },
      domain: { name: 'workspaces' },
    },
    status,
    durationMs: 3,
    request: { method: 'GET' },
  } as unknown as FinishedRequest;
}

async function seriesOf(metrics: Metrics): Promise<string[]> {
  const { text } = await metrics.render();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the metrics', () => {
  it('stay under 1,000 series when tenants invent groups that look like ours', async () => {
    const metrics = new Metrics({ hubRevision: () => 1, watchers: () => 0 });
    const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
    const each = 1000;
    for (const verb of verbs)
      for (let i = 0; i < each; i++)
        for (const status of [200, 403, 409, 500]) metrics.observe(request(verb, `things.g${i}.k8s.io`, status));
    const series = await seriesOf(metrics);
    expect(series.length).toBeLessThan(1000);
    const counts = series.filter((line) => line.startsWith('apiserver_request_total{'));
    const total = counts.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
    expect(total).toBe(verbs.length * each * 4);
  });

  it('go on counting known resources when there are too many', async () => {
    const metrics = new Metrics({ hubRevision: () => 1, watchers: () => 0 });
    metrics.observe(request('get', 'configmaps', 200));
    for (let i = 0; i < 1000; i++) metrics.observe(request('get', `things.g${i}.k8s.io`, 200));
    metrics.observe(request('get', 'configmaps', 200));
    expect(await seriesOf(metrics)).toContain(
      'apiserver_request_total{verb="get",resource="configmaps",code="200",domain="workspaces"} 2',
    );
  });
});
