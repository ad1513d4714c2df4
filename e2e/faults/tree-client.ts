import type { KubeJson, Rest } from '../harness/rest.ts';
import type { Connect } from './exact-client.ts';
import { UnexpectedAnswer } from './known-objects.ts';
import type { Random } from './random.ts';

/** Something whose content controllers make and remove: a workspace or a namespace. */
interface Container {
  /** Logical cluster by path. */
  at: string;
  path: string;
  name: string;
  /** Undefined while unknown whether it was created. */
  uid: string | undefined;
  /** `asked`: the deletion was sent, no answer yet. */
  deletion: 'none' | 'asked' | 'acknowledged';
}

const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
const namespaces = '/api/v1/namespaces';
const bindings = '/apis/apis.kcp.io/v1alpha2/apibindings';
const keptContainers = 5;

/**
 * Makes workspaces below `root` with children, bindings and orders in them, and namespaces with config maps, and deletes
 * them whole, until it is told to stop or the connection breaks. Knows which have to be there or gone once controllers are done.
 */
export class TreeClient {
  acknowledged = 0;
  private containers: Container[] = [];
  private readonly name: string;
  private readonly exportPath: string;
  private readonly random: Random;
  private count = 0;

  constructor(name: string, exportPath: string, random: Random) {
    this.name = name;
    this.exportPath = exportPath;
    this.random = random;
  }

  async load(connect: Connect, enough: () => boolean = () => false): Promise<void> {
    const rest = connect('root');
    try {
      while (!enough()) await this.step(rest);
    } finally {
      rest.close();
    }
  }

  /** Wrong at once after a restart, in words: what was acknowledged is missing, or is another one. */
  async compare(connect: Connect): Promise<string[]> {
    const rest = connect('root');
    const wrong: string[] = [];
    for (const container of this.containers) {
      const answer = await rest.at(container.at).get(`${container.path}/${container.name}`);
      const found = answer.status === 200 ? answer.json() : undefined;
      const mustBe = container.uid !== undefined && container.deletion === 'none';
      if (mustBe && (found?.metadata.uid !== container.uid || found?.metadata.deletionTimestamp !== undefined))
        wrong.push(`${container.at} ${container.name} is not as it was acknowledged: ${answer.status} ${answer.text}`);
      const mustGo = container.deletion === 'acknowledged';
      if (mustGo && found !== undefined && found.metadata.deletionTimestamp === undefined)
        wrong.push(`${container.at} ${container.name} has forgotten its deletion`);
      container.uid = found?.metadata.uid;
      if (found?.metadata.deletionTimestamp !== undefined) container.deletion = 'acknowledged';
      else if (found !== undefined) container.deletion = 'none';
    }
    rest.close();
    this.containers = this.containers.filter(({ uid }) => uid !== undefined);
    return wrong;
  }

  private async step(rest: Rest): Promise<void> {
    const live = this.containers.filter(({ deletion, uid }) => deletion === 'none' && uid !== undefined);
    if (live.length >= keptContainers || (live.length > 1 && this.random.chance(0.2)))
      return this.remove(rest, this.random.pick(live));
    if (this.random.chance(0.5)) return this.makeNamespace(rest);
    return this.makeWorkspace(rest);
  }

  private async makeNamespace(rest: Rest): Promise<void> {
    const made = await this.make(rest, { at: 'root:alpha', path: namespaces });
    for (let i = this.random.between(0, 6); i > 0; i--) {
      const body = { metadata: { name: `content-${i}` }, data: { text: 'x' } };
      await this.send(rest.at('root:alpha').post(`${namespaces}/${made.name}/configmaps`, body));
    }
  }

  private async makeWorkspace(rest: Rest): Promise<void> {
    const { name } = await this.make(rest, { at: 'root', path: workspaces });
    const at = rest.at(`root:${name}`);
    for (let i = this.random.between(0, 3); i > 0; i--) {
      await this.send(at.post(workspaces, { metadata: { name: `child-${i}` } }));
      if (this.random.chance(0.5))
        await this.send(rest.at(`root:${name}:child-${i}`).post(workspaces, { metadata: { name: 'leaf' } }));
    }
    if (this.random.chance(0.5)) await this.order(at);
  }

  /** Binds the API and orders, as soon as it is served. */
  private async order(at: Rest): Promise<void> {
    const reference = { export: { path: this.exportPath, name: 'shop' } };
    await this.send(at.post(bindings, { metadata: { name: 'shop' }, spec: { reference } }));
    const path = '/apis/shop.example.io/v1/namespaces/default/orders';
    for (let tries = 0; tries < 20; tries++) {
      const answer = await at.post(path, { metadata: { name: 'one' }, spec: { item: 'tea' } });
      if (answer.status === 201) return;
      if (answer.status !== 404) throw new UnexpectedAnswer(`an order: ${answer.status} ${answer.text}`);
    }
  }

  private async make(rest: Rest, { at, path }: Pick<Container, 'at' | 'path'>): Promise<Container> {
    const name = `${this.name}-${this.count++}`;
    const container: Container = { at, path, name, uid: undefined, deletion: 'none' };
    this.containers.push(container);
    container.uid = (await this.send(rest.at(at).post(path, { metadata: { name } }))).metadata.uid;
    return container;
  }

  private async remove(rest: Rest, container: Container): Promise<void> {
    container.deletion = 'asked';
    await this.send(rest.at(container.at).delete(`${container.path}/${container.name}`));
    container.deletion = 'acknowledged';
  }

  private async send(request: ReturnType<Rest['post']>): Promise<KubeJson> {
    const answer = await request;
    if (answer.status >= 300) throw new UnexpectedAnswer(`${answer.status} ${answer.text}`);
    this.acknowledged += 1;
    return answer.json();
  }
}
