import type { Answer, KubeJson } from '../harness/rest.ts';

/** What a client knows of one object: its last acknowledged state, and what else it may have become meanwhile. */
interface Known {
  /** As the server answered; undefined when it acknowledged that there is none. */
  sure: KubeJson | undefined;
  /** Set while an answer is awaited, and for ever when none comes: what the store may hold besides `sure`. */
  maybe: ((found: KubeJson | undefined) => boolean) | undefined;
}

/** An answer that no client should get from a server that is well. */
export class UnexpectedAnswer extends Error {}

/** The objects of one client, each changed by nobody else, so that every acknowledged state can be demanded exactly. */
export class KnownObjects {
  private readonly known = new Map<string, Known>();
  acknowledged = 0;
  highestRevision = 0;

  /** Names of the objects that exist for sure. */
  names(): string[] {
    return [...this.known].filter(([, { sure, maybe }]) => sure !== undefined && maybe === undefined).map(([n]) => n);
  }

  get(name: string): KubeJson | undefined {
    return this.known.get(name)?.sure;
  }

  /**
   * Sends one write. `maybe` tells what may be found when no answer comes.
   *
   * @throws UnexpectedAnswer for anything but success; what the request throws when the connection breaks
   */
  async write(
    name: string,
    request: () => Promise<Answer>,
    maybe: (found: KubeJson | undefined, before: KubeJson | undefined) => boolean,
  ): Promise<void> {
    const before = this.known.get(name)?.sure;
    const entry: Known = { sure: before, maybe: (found) => maybe(found, before) };
    this.known.set(name, entry);
    const answer = await request();
    if (answer.status >= 300) throw new UnexpectedAnswer(`${name}: ${answer.status} ${answer.text}`);
    const body = answer.json();
    entry.sure = body.kind === 'Status' ? undefined : body;
    entry.maybe = undefined;
    this.acknowledged += 1;
    this.highestRevision = Math.max(this.highestRevision, Number(entry.sure?.metadata.resourceVersion ?? 0));
  }

  /** Compares with what the server lists now, in words; afterwards what was unknown is known. */
  compare(items: readonly KubeJson[]): string[] {
    const listed = new Map(items.map((item) => [item.metadata.name, item]));
    const wrong: string[] = [];
    for (const [name, entry] of this.known) {
      const found = listed.get(name);
      const asKnown = same(found, entry.sure);
      if (!asKnown && entry.maybe?.(found) !== true)
        wrong.push(
          `${name}: known ${text(entry.sure)}, found ${text(found)}, unknown write: ${entry.maybe !== undefined}`,
        );
      if (found === undefined) this.known.delete(name);
      else {
        entry.sure = found;
        entry.maybe = undefined;
      }
    }
    return wrong;
  }
}

/** Items of a list have no kind and apiVersion of their own in some versions of the API; their content is compared. */
function same(a: KubeJson | undefined, b: KubeJson | undefined): boolean {
  return text(a) === text(b);
}

function text(object: KubeJson | undefined): string {
  if (object === undefined) return 'nothing';
  const { kind: _kind, apiVersion: _apiVersion, ...content } = object;
  return JSON.stringify(content, sortedKeys);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
