import type { KubeJson, Rest } from '../harness/rest.ts';
import { KnownObjects } from './known-objects.ts';
import type { Random } from './random.ts';

/** The resource that an {@link ExactClient} writes. */
export interface ExactTarget {
  /** Path below the server, up to the workspace. */
  prefix: string;
  /** Of the collection, below `prefix`. */
  path: string;
  body(name: string, text: string): object;
  /** A merge patch, and whether an object has been changed by it. */
  change(text: string): { patch: object; isDone(object: KubeJson): boolean };
  /** Writes the status through this prefix, which may be a virtual workspace. */
  status?: { prefix: string; change: ExactTarget['change'] };
}

const keptObjects = 25;

/** A connection of its own, which whoever asked for it closes. */
export type Connect = (cluster: string) => Rest;

/** Creates, patches and deletes objects of its own until it is told to stop or the connection breaks, and knows exactly what has to be there. */
export class ExactClient {
  readonly known = new KnownObjects();
  private readonly target: ExactTarget;
  private readonly random: Random;
  private readonly name: string;
  private count = 0;

  constructor(name: string, target: ExactTarget, random: Random) {
    this.name = name;
    this.target = target;
    this.random = random;
  }

  async load(connect: Connect, enough: () => boolean = () => false): Promise<void> {
    const rest = connect('');
    try {
      while (!enough()) await this.step(rest);
    } finally {
      rest.close();
    }
  }

  async compare(connect: Connect): Promise<string[]> {
    const { prefix, path } = this.target;
    const rest = connect('');
    const { items, metadata } = await rest.below(prefix).ok('GET', path);
    rest.close();
    const { highestRevision } = this.known;
    const wrong = this.known.compare(items.filter((item) => item.metadata.name.startsWith(`${this.name}-`)));
    if (Number(metadata.resourceVersion) < highestRevision)
      wrong.push(`${this.name}: a list at ${metadata.resourceVersion}, after a write at ${highestRevision}`);
    return wrong;
  }

  private step(rest: Rest): Promise<void> {
    const names = this.known.names();
    if (names.length < 3 || (names.length < keptObjects && this.random.chance(0.4))) return this.create(rest);
    const name = this.random.pick(names);
    if (names.length >= keptObjects || this.random.chance(0.15)) return this.remove(rest, name);
    return this.patch(rest, name);
  }

  private create(rest: Rest): Promise<void> {
    const { prefix, path, body, change } = this.target;
    const name = `${this.name}-${this.count++}`;
    const content = this.content();
    return this.known.write(
      name,
      () => rest.below(prefix).post(path, body(name, content)),
      (found) => found === undefined || change(content).isDone(found),
    );
  }

  private patch(rest: Rest, name: string): Promise<void> {
    const { prefix, path, status, change } = this.target;
    const ofStatus = status !== undefined && this.random.chance(0.5) ? status : undefined;
    const { patch, isDone } = (ofStatus?.change ?? change)(this.content());
    const url = `${path}/${name}${ofStatus === undefined ? '' : '/status'}`;
    return this.known.write(
      name,
      () => rest.below(ofStatus?.prefix ?? prefix).patch(url, patch),
      (found, before) =>
        found !== undefined &&
        isDone(found) &&
        Number(found.metadata.resourceVersion) > Number(before?.metadata.resourceVersion),
    );
  }

  private remove(rest: Rest, name: string): Promise<void> {
    const { prefix, path } = this.target;
    return this.known.write(
      name,
      () => rest.below(prefix).delete(`${path}/${name}`),
      (found) => found === undefined,
    );
  }

  /** Different each time; now and then larger than a page of the database. */
  private content(): string {
    return `${this.random.between(0, 1e9)}`.padEnd(this.random.chance(0.1) ? 9000 : 50, '.');
  }
}
