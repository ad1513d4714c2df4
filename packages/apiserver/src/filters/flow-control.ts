import { systemMasters } from '../authentication/authenticator.ts';
import type { Seat, UserContext } from '../endpoints/request-context.ts';
import { AnswerSizes } from '../flow-control/answer-sizes.ts';
import { type EventLoop, eventLoop } from '../flow-control/event-loop.ts';
import { FairScheduler, type Flow, type FlowLimits } from '../flow-control/fair-scheduler.ts';
import { flowHash } from '../flow-control/flow-hash.ts';
import type { Filter } from './chain.ts';

export interface FlowControlOptions {
  limits: FlowLimits;
  /** Mixed into the hashes of users and clusters, so that nobody can choose whom to collide with. */
  seed: number;
  loop?: EventLoop;
  /** Called when requests that had waited were worked on, before anything else is read: their answers can go. */
  afterSlice?: () => void;
}

/** Share of the system's own users and of leases beside that of a tenant. */
const systemWeight = 8;

/**
 * Bounds the work at once and lets the least served user and workspace go first: 429 with Retry-After for what has no
 * place. In-process callers, health checks and running watches are not counted; a watch that starts with a list is,
 * until it has read it. Nobody holds a seat while their body is on its way. Writes have seats and a line of their own, so
 * that reads go on while a disk keeps all of them waiting.
 */
export function flowControlFilter(options: FlowControlOptions): Filter<UserContext, UserContext> {
  const scheduler = () => new FairScheduler(options.limits, options.loop ?? eventLoop, options.afterSlice);
  const reads = scheduler();
  const writes = scheduler();
  const sizes = new AnswerSizes();
  const { seed } = options;
  return {
    name: 'flow-control',
    apply(context) {
      const { info } = context;
      if (context.inProcessUser !== undefined || isHealthCheck(context)) return context;
      if (info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection') {
        return startsWithList(context) ? enterList(context) : context;
      }
      const scheduler = isRead(context) ? reads : writes;
      if (scheduler.tryEnter(1)) return entered(context, scheduler);
      return scheduler.enter(flowOf(context, seed), 1, context).then(() => entered(context, scheduler));
    },
  };

  function entered(context: UserContext, scheduler: FairScheduler): UserContext {
    if (isRead(context)) {
      context.onFinish.push(scheduler.leave);
      return context;
    }
    const seat = new WriteSeat(context, scheduler, seed);
    context.seat = seat;
    context.onFinish.push(() => seat.leave());
    return context;
  }

  function enterList(context: UserContext): UserContext | Promise<UserContext> {
    const { info } = context;
    const scheduler = info.verb === 'deletecollection' ? writes : reads;
    const collection = flowHash(`${clusterOf(context)}\n${info.group}\n${info.resource}\n${info.namespace}`, seed);
    const seats = Math.min(sizes.seatsOf(collection), options.limits.seats);
    const enter = (): UserContext => {
      const release = once(() => scheduler.release(seats));
      context.onFinish.push((bytes) => {
        if (info.verb === 'list') sizes.learn(collection, bytes);
        release();
      });
      context.onAnswer = release;
      return context;
    };
    if (scheduler.tryEnter(seats)) return enter();
    return scheduler.enter(flowOf(context, seed), seats, context).then(enter);
  }
}

/**
 * The seat of a write. An object, and no functions that know the request: those, kept on it, had V8 keep every request for
 * as long as two collections of its young generation.
 */
class WriteSeat implements Seat {
  private readonly context: UserContext;
  private readonly scheduler: FairScheduler;
  private readonly seed: number;
  private taken = true;

  constructor(context: UserContext, scheduler: FairScheduler, seed: number) {
    this.context = context;
    this.scheduler = scheduler;
    this.seed = seed;
  }

  async awayFor(body: Promise<Uint8Array>): Promise<Uint8Array> {
    const { context, scheduler, seed } = this;
    this.leave();
    const bytes = await body;
    if (!scheduler.tryEnter(1)) await scheduler.enter(flowOf(context, seed), 1, context);
    this.taken = true;
    return bytes;
  }

  leave(): void {
    if (!this.taken) return;
    this.taken = false;
    this.scheduler.release(1);
  }
}

/** A watch from a known version begins with nothing to read. */
function startsWithList({ info, query }: UserContext): boolean {
  if (info.verb !== 'watch') return true;
  const version = query.get('resourceVersion') ?? '';
  return version === '' || version === '0' || query.has('sendInitialEvents');
}

/** HEAD reads what GET reads. */
function isRead({ method }: UserContext): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isHealthCheck({ info }: UserContext): boolean {
  return !info.resourceRequest && /^\/(healthz|livez|readyz)(\/|$)/.test(info.path);
}

/** Leases and the system are flows of their own: a user's flood does not stop the same user's leader election. */
function flowOf(context: UserContext, seed: number): Flow {
  const { info, user, impersonator } = context;
  const lease = info.resource === 'leases' && info.group === 'coordination.k8s.io';
  const system = isSystemUser(context);
  const level = lease ? 'lease' : system ? 'system' : '';
  return {
    user: flowHash(`user\n${level}\n${(impersonator ?? user).name}`, seed),
    cluster: flowHash(`cluster\n${level}\n${clusterOf(context)}`, seed),
    weight: system ? systemWeight : 1,
  };
}

/** The system's users, but neither strangers, nor the service accounts of tenants, nor whoever acts as another. */
function isSystemUser({ user: { name, groups }, impersonator }: UserContext): boolean {
  if (impersonator !== undefined) return false;
  if (groups.includes(systemMasters)) return true;
  return name.startsWith('system:') && name !== 'system:anonymous' && !name.startsWith('system:serviceaccount:');
}

function clusterOf({ target }: UserContext): string {
  return target.kind === 'cluster' ? target.name : target.kind;
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
