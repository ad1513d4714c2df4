import { setTimeout as sleep } from 'node:timers/promises';
import type { HistoryRow } from '../faults/store-snapshot.ts';

/** Of etcd's JSON API: 64-bit numbers are texts, bytes are base64. */
interface JsonKeyValue {
  key: string;
  value?: string;
  create_revision: string;
  mod_revision: string;
}

interface JsonEvent {
  /** Absent for a put. */
  type?: 'DELETE';
  kv: JsonKeyValue;
}

/** A change with the transaction that it came with. */
export interface LoggedChange extends HistoryRow {
  /** etcd's own revision, one per transaction. */
  transaction: number;
}

const prefix = '/canopy/';
const objects = `${prefix}k`;
/** As decision 0007 has it. */
const stride = 1024;

/** What lies in etcd, read over its JSON API: nothing of Canopy's driver takes part. */
export class EtcdView {
  private readonly endpoints: readonly string[];
  private readonly log: LoggedChange[] = [];
  private read = 0;
  private objects: { key: string; value: string }[] = [];

  constructor(endpoints: readonly string[]) {
    this.endpoints = endpoints;
  }

  /** Where {@link history} begins from now on: Canopy's newest revision. */
  async begin(): Promise<number> {
    const { revision } = await this.range(objects, 1);
    this.read = revision + 1;
    return revision * stride;
  }

  /** All keys that are there now below `below`, with their values. */
  async keys(below = ''): Promise<{ key: string; value: string }[]> {
    return (await this.range(objects + below)).items;
  }

  /** Reads what {@link current} then answers with. */
  async refresh(): Promise<void> {
    this.objects = await this.keys();
  }

  current(): { key: string; value: string }[] {
    return this.objects;
  }

  /** Every change since the beginning, in order, up to now. */
  async history(): Promise<readonly LoggedChange[]> {
    const { revision } = await this.range(objects, 1);
    if (revision >= this.read) await this.attempt((endpoint) => this.readLog(endpoint, revision));
    return this.log;
  }

  private async readLog(endpoint: string, until: number): Promise<void> {
    const create_request = { key: base64(prefix), range_end: base64(after(prefix)), start_revision: this.read };
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 10_000);
    try {
      const answer = await ask(endpoint, 'watch', { create_request }, stop.signal);
      let rest = '';
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() as string;
        for (const line of lines) {
          const { result } = JSON.parse(line) as { result: { events?: JsonEvent[]; canceled?: boolean } };
          if (result.canceled === true) throw new Error(`etcd ended the watch: ${line}`);
          this.append(result.events ?? []);
        }
        if (this.read > until) return;
      }
      throw new Error('etcd ended the watch');
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  }

  /** A revision is never torn between two answers, unless fragments are asked for. */
  private append(events: readonly JsonEvent[]): void {
    for (const [transaction, together] of Map.groupBy(events, ({ kv }) => Number(kv.mod_revision))) {
      const changes = together
        .map(({ type, kv }) => ({ type, kv, key: text(kv.key) }))
        .filter(({ key }) => key.startsWith(objects));
      changes.forEach(({ type, kv, key }, i) => {
        this.log.push({
          transaction,
          revision: transaction * stride - (changes.length - 1 - i),
          key: key.slice(objects.length),
          type: type === 'DELETE' ? 'DELETED' : kv.create_revision === kv.mod_revision ? 'ADDED' : 'MODIFIED',
        });
      });
      this.read = transaction + 1;
    }
  }

  private async range(below: string, limit = 0) {
    return this.attempt(async (endpoint) => {
      const request = { key: base64(below), range_end: base64(after(below)), limit };
      const answer = await ask(endpoint, 'kv/range', request, AbortSignal.timeout(5000));
      const { header, kvs = [] } = (await answer.json()) as { header: { revision: string }; kvs?: JsonKeyValue[] };
      const items = kvs.map(({ key, value }) => ({ key: text(key).slice(objects.length), value: content(value) }));
      return { revision: Number(header.revision), items };
    });
  }

  /** Of the members one may be down, or all without a leader for a moment. */
  private async attempt<T>(task: (endpoint: string) => Promise<T>): Promise<T> {
    let last: unknown;
    for (let tries = 0; tries < 30; tries++) {
      for (const endpoint of this.endpoints) {
        try {
          return await task(endpoint);
        } catch (error) {
          last = error;
        }
      }
      await sleep(200);
    }
    throw new Error(`etcd does not answer: ${String(last)}`, { cause: last });
  }
}

async function ask(endpoint: string, path: string, body: object, signal: AbortSignal): Promise<Response> {
  const answer = await fetch(`${endpoint}/v3/${path}`, { method: 'POST', body: JSON.stringify(body), signal });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** The driver's header stands before the JSON of an object. */
function content(value = ''): string {
  const bytes = Buffer.from(value, 'base64').toString('utf8');
  return bytes.slice(Math.max(0, bytes.indexOf('{')));
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function text(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8');
}

/** The end of the range of all keys with a prefix, which is ASCII. */
function after(value: string): string {
  return value.slice(0, -1) + String.fromCharCode(value.charCodeAt(value.length - 1) + 1);
}
