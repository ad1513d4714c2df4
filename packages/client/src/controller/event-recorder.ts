import type { KubeObject } from '@canopy/apimachinery';
import { formatTime, isStatusError } from '@canopy/apimachinery';
import type { Clock, Random } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { DynamicClient } from '../dynamic/dynamic-client.ts';
import { clusterAnnotation } from '../informer/object-key.ts';
import type { Logger } from './logger.ts';
import { silentLogger } from './logger.ts';

/** One thing to tell about an object. */
export interface EventNote {
  type: 'Normal' | 'Warning';
  /** CamelCase, short: for machines. */
  reason: string;
  message: string;
}

export interface EventRecorderOptions {
  client: DynamicClient;
  /** Who reports. */
  component: string;
  /** Events remembered for aggregation; the least recent are forgotten. Default 4096. */
  remembered?: number;
  logger?: Logger;
  clock?: Clock;
  random?: Random;
}

interface Remembered {
  name: string;
  namespace: string;
  count: number;
  /** By the clock's ticks. */
  lastAt: number;
}

/** The same note within this time counts up the event of the first. */
const aggregationMs = 600_000;
const defaultRemembered = 4_096;
const longestMessage = 1_024;

const events = { group: '', version: 'v1', resource: 'events' };

/**
 * Writes core/v1 Events about objects into their clusters and namespaces (`default` for cluster scope). Notes that repeat
 * themselves raise `count` instead of making new events. Failures to write are logged, never thrown.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #known = new Map<string, Remembered>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Resolves once the event is written, or has failed to be. */
  async record(object: KubeObject, note: EventNote): Promise<void> {
    const cluster = object.metadata.annotations?.[clusterAnnotation];
    const client = cluster === undefined ? this.#options.client : this.#options.client.cluster(cluster);
    const key = [cluster, object.metadata.uid, note.type, note.reason, note.message].join('\n');
    const now = this.#clock.now();
    const known = this.#known.get(key);
    try {
      if (known !== undefined && this.#clock.ticks() - known.lastAt < aggregationMs) {
        if (await this.#count(client, known, now)) return;
      }
      const created = this.#describe(object, note, now);
      this.#remember(key, { ...created.metadata, count: 1, lastAt: this.#clock.ticks() });
      await client.resource(events).namespace(created.metadata.namespace).create(created);
    } catch (error) {
      this.#logger.warn({ reason: note.reason, error }, 'cannot record an event');
    }
  }

  /** False when the event is gone. */
  async #count(client: DynamicClient, known: Remembered, now: number): Promise<boolean> {
    known.count++;
    known.lastAt = this.#clock.ticks();
    const patch = { count: known.count, lastTimestamp: formatTime(now) };
    try {
      await client.resource(events).namespace(known.namespace).patch(known.name, 'merge', patch);
      return true;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return false;
      throw error;
    }
  }

  #describe(object: KubeObject, note: EventNote, now: number) {
    const { name = '', namespace, uid, resourceVersion } = object.metadata;
    const random = Math.floor((this.#options.random ?? Math.random)() * 2 ** 32);
    const suffix = `${now.toString(16)}${random.toString(16).padStart(8, '0')}`;
    const time = formatTime(now);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 220)}.${suffix}`, namespace: namespace || 'default' },
      involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion },
      type: note.type,
      reason: note.reason,
      message: note.message.slice(0, longestMessage),
      source: { component: this.#options.component },
      reportingComponent: this.#options.component,
      reportingInstance: this.#options.component,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
  }

  #remember(key: string, event: Remembered): void {
    this.#known.delete(key);
    this.#known.set(key, event);
    if (this.#known.size > (this.#options.remembered ?? defaultRemembered)) {
      this.#known.delete(this.#known.keys().next().value!);
    }
  }
}
