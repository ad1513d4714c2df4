import type { FinishedRequest } from '@canopy/apiserver';
import type { Registry as PrometheusRegistry } from 'prom-client';

const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Gauges that are read when somebody asks. */
export interface MetricSources {
  hubRevision(): number;
  watchers(): number;
}

/** Combinations of labels that requests are counted under; tenants can make resources of any name. */
const mostCombinations = 500;

export interface Sample {
  count: number;
  sum: number;
  buckets: number[];
}

/** What one thread has counted. */
export interface MetricsSnapshot {
  requests: ReadonlyMap<string, Sample>;
  watchers: number;
}

export interface RenderedMetrics {
  contentType: string;
  text: string;
}

function emptySample(): Sample {
  return { count: 0, sum: 0, buckets: durationBuckets.map(() => 0) };
}

/**
 * Prometheus metrics. Requests are counted in plain numbers on the hot path; the library is loaded and fed when somebody
 * scrapes for the first time. No label names a workspace, an object or a user, and combinations beyond
 * a bound are counted as `other`, so the number of series does not grow.
 */
export class Metrics {
  private readonly requests = new Map<string, Sample>();
  private readonly sources: MetricSources;
  private registry: PrometheusRegistry | undefined;

  constructor(sources: MetricSources) {
    this.sources = sources;
  }

  observe({ context, status, durationMs, request }: FinishedRequest): void {
    const verb = knownVerb(context?.info.verb ?? request.method.toLowerCase());
    const resource =
      context?.info.resourceRequest === true ? knownResource(context.info.group, context.info.resource, status) : '';
    const sample = this.sampleOf(`${verb}|${resource}|${status}|${context?.domain.name ?? ''}`);
    const seconds = durationMs / 1000;
    sample.count += 1;
    if (verb === 'watch') return;
    sample.sum += seconds;
    for (let i = 0; i < durationBuckets.length; i++)
      if (seconds <= (durationBuckets[i] as number)) (sample.buckets[i] as number) += 1;
  }

  private sampleOf(key: string): Sample {
    return sampleAt(this.requests, key);
  }

  snapshot(): MetricsSnapshot {
    return { requests: this.requests, watchers: this.sources.watchers() };
  }

  /** With what other threads have counted, in the order of the threads. */
  async render(others: readonly MetricsSnapshot[] = []): Promise<RenderedMetrics> {
    const client = await import('prom-client');
    if (this.registry === undefined) {
      this.registry = new client.Registry();
      client.collectDefaultMetrics({ register: this.registry });
    }
    const text = await this.registry.metrics();
    return {
      contentType: this.registry.contentType,
      text: `${text}\n${this.requestLines([this.snapshot(), ...others])}`,
    };
  }

  private requestLines(threads: readonly MetricsSnapshot[]): string {
    const { requests, watchers } = together(threads);
    const lines = [
      '# HELP apiserver_request_total Requests by verb, resource, virtual workspace and status.',
      '# TYPE apiserver_request_total counter',
    ];
    for (const [key, sample] of requests) lines.push(`apiserver_request_total{${labelsOf(key)}} ${sample.count}`);
    lines.push(
      '# HELP apiserver_request_duration_seconds Time to the last byte; watches are not observed.',
      '# TYPE apiserver_request_duration_seconds histogram',
    );
    for (const [key, sample] of durationsByVerb(requests)) {
      const labels = `verb="${key}"`;
      durationBuckets.forEach((bound, i) => {
        lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="${bound}"} ${sample.buckets[i]}`);
      });
      lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${sample.count}`);
      lines.push(
        `apiserver_request_duration_seconds_sum{${labels}} ${sample.sum}`,
        `apiserver_request_duration_seconds_count{${labels}} ${sample.count}`,
      );
    }
    lines.push(
      '# HELP canopy_api_thread_requests_total Requests by the thread that answered them; connections are spread over threads.',
      '# TYPE canopy_api_thread_requests_total counter',
      ...threads.map((thread, i) => `canopy_api_thread_requests_total{thread="${i}"} ${totalOf(thread)}`),
      '# HELP canopy_store_revision Newest revision delivered to watchers.',
      '# TYPE canopy_store_revision gauge',
      `canopy_store_revision ${this.sources.hubRevision()}`,
      '# HELP canopy_watchers Open watches.',
      '# TYPE canopy_watchers gauge',
      `canopy_watchers ${watchers}`,
    );
    return `${lines.join('\n')}\n`;
  }
}

/** The sample that a combination is counted in: its own, or beyond a bound that of all others like it. */
function sampleAt(samples: Map<string, Sample>, key: string): Sample {
  const known = samples.get(key);
  if (known !== undefined) return known;
  if (samples.size >= mostCombinations) {
    const [verb, resource, status] = key.split('|');
    if (resource !== 'other') return sampleAt(samples, `${verb === 'watch' ? verb : 'other'}|other|${status}|`);
  }
  const sample = emptySample();
  samples.set(key, sample);
  return sample;
}

function totalOf({ requests }: MetricsSnapshot): number {
  let total = 0;
  for (const { count } of requests.values()) total += count;
  return total;
}

function together(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  if (snapshots.length === 1) return snapshots[0] as MetricsSnapshot;
  const requests = new Map<string, Sample>();
  let watchers = 0;
  for (const snapshot of snapshots) {
    watchers += snapshot.watchers;
    for (const [key, sample] of snapshot.requests) addSample(sampleAt(requests, key), sample);
  }
  return { requests, watchers };
}

function durationsByVerb(requests: ReadonlyMap<string, Sample>): Map<string, Sample> {
  const merged = new Map<string, Sample>();
  for (const [key, sample] of requests) {
    const verb = key.split('|')[0] as string;
    if (verb === 'watch') continue;
    let into = merged.get(verb);
    if (into === undefined) {
      into = emptySample();
      merged.set(verb, into);
    }
    addSample(into, sample);
  }
  return merged;
}

function addSample(into: Sample, sample: Sample): void {
  into.count += sample.count;
  into.sum += sample.sum;
  for (let i = 0; i < sample.buckets.length; i++) (into.buckets[i] as number) += sample.buckets[i] as number;
}

const verbs = new Set(
  'get list watch create update patch delete deletecollection post put head options connect trace'.split(' '),
);

/** HTTP/2 lets clients invent methods. */
function knownVerb(verb: string): string {
  return verbs.has(verb) ? verb : 'other';
}

const nativeGroup = /^$|\.k8s\.io$|\.kcp\.io$/;

/** Only our own resources are named; what tenants define is one label value, and what does not exist is none. */
function knownResource(group: string, resource: string, status: number): string {
  if (status === 404) return '';
  return nativeGroup.test(group) ? (group === '' ? resource : `${resource}.${group}`) : 'custom';
}

function labelsOf(key: string): string {
  const [verb, resource, code, domain] = key.split('|');
  return `verb="${verb}",resource="${resource}",code="${code}",domain="${domain}"`;
}
