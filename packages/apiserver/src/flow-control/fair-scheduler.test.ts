import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairScheduler, type FlowLimits } from './fair-scheduler.ts';
import { flowHash } from './flow-hash.ts';
import { ManualLoop } from './testing/manual-loop.ts';

const limits: FlowLimits = { seats: 4, startsPerTurn: 2, sliceMs: 1, queued: 20, waitMs: 1000 };

/** Sends requests to a scheduler and keeps who was started and who was refused, in order. */
class Clients {
  readonly loop = new ManualLoop();
  readonly scheduler: FairScheduler;
  readonly started: string[] = [];
  readonly refused: string[] = [];
  /** Those who wait, as their connections count them. */
  counted = 0;
  /** Seats of those in work. */
  readonly inWork: number[] = [];
  /** How long requests of a user keep the thread busy, in milliseconds. */
  readonly busyMs = new Map<string, number>();
  /** How long the thread has no processor meanwhile. */
  readonly preemptedMs = new Map<string, number>();

  constructor(changes: Partial<FlowLimits> = {}) {
    this.scheduler = new FairScheduler({ ...limits, ...changes }, this.loop);
  }

  send(user: string, cluster: string, options: { seats?: number; weight?: number; signal?: AbortSignal } = {}): void {
    const { seats = 1, weight = 1, signal = new AbortController().signal } = options;
    const begin = (): void => {
      this.started.push(`${user}@${cluster}`);
      const preempted = this.preemptedMs.get(user) ?? 0;
      this.loop.time += (this.busyMs.get(user) ?? 0) + preempted;
      this.loop.preempted += preempted;
      this.inWork.push(seats);
    };
    if (this.scheduler.tryEnter(seats)) {
      begin();
      return;
    }
    const flow = { user: flowHash(`u${user}`, 7), cluster: flowHash(`c${cluster}`, 7), weight };
    const request = {
      get aborted() {
        return signal.aborted;
      },
      waits: (yes: boolean) => {
        this.counted += yes ? 1 : -1;
      },
    };
    this.scheduler.enter(flow, seats, request).then(begin, () => this.refused.push(`${user}@${cluster}`));
  }

  finishOne(): void {
    const seats = this.inWork.shift();
    if (seats !== undefined) this.scheduler.release(seats);
  }

  async finishAll(): Promise<void> {
    await this.loop.rest();
    while (this.inWork.length > 0) {
      this.finishOne();
      await this.loop.rest();
    }
  }
}

describe('a scheduler that is not busy', () => {
  it('starts requests at once, as many as fit into one turn', async () => {
    const { scheduler, loop } = new Clients();
    expect([scheduler.tryEnter(1), scheduler.tryEnter(1), scheduler.tryEnter(1)]).toEqual([true, true, false]);
    await loop.turn();
    expect(scheduler.tryEnter(2)).toBe(true);
    await loop.turn();
    expect(scheduler.tryEnter(1)).toBe(false);
    scheduler.leave();
    expect(scheduler.tryEnter(1)).toBe(true);
  });
});

describe('a newcomer during a flood', () => {
  const floods: [string, (i: number) => [string, string]][] = [
    ['of one user in one workspace', () => ['mallory', 'bad']],
    ['of many users in one workspace', (i) => [`mallory-${i}`, 'bad']],
    ['of one user over many workspaces', (i) => ['mallory', `bad-${i}`]],
  ];
  for (const [name, who] of floods) {
    it(`${name} is the second to start`, async () => {
      const clients = new Clients({ seats: 1, queued: 500 });
      for (let i = 0; i < 400; i++) clients.send(...who(i));
      clients.send('alice', 'good');
      await clients.finishAll();
      expect(clients.started.indexOf('alice@good')).toBeLessThanOrEqual(2);
      expect(clients.started).toHaveLength(401);
    });

    it(`${name} that has filled the line takes the place of the last of them`, async () => {
      const clients = new Clients({ seats: 1 });
      for (let i = 0; i < 100; i++) clients.send(...who(i));
      clients.send('alice', 'good');
      await clients.finishAll();
      expect(clients.started).toContain('alice@good');
      expect(clients.refused).toHaveLength(80);
      expect(clients.refused).not.toContain('alice@good');
    });
  }

  it('waits for one slice, not for all that would fit', async () => {
    const clients = new Clients({ seats: 1000, queued: 500 });
    for (let i = 0; i < 400; i++) clients.send('mallory', 'bad');
    const before = clients.started.length;
    clients.loop.time += 10;
    await clients.loop.turn();
    expect(clients.started.length).toBeGreaterThan(before);
    clients.send('alice', 'good');
    await clients.loop.turn();
    expect(clients.started).toContain('alice@good');
  });
});

describe('answers of those who waited', () => {
  it('can go before the sockets are looked at again', async () => {
    const loop = new ManualLoop();
    const seen: string[] = [];
    const scheduler = new FairScheduler({ ...limits, seats: 2 }, loop, () => seen.push('slice'));
    expect([scheduler.tryEnter(1), scheduler.tryEnter(1)]).toEqual([true, true]);
    const flow = { user: 1, cluster: 2, weight: 1 };
    for (const name of ['a', 'b'])
      void scheduler.enter(flow, 1, new AbortController().signal).then(() => seen.push(name));
    await loop.turn();
    expect(seen).toEqual([]);
    scheduler.release(2);
    await loop.turn();
    expect(seen).toEqual(['a', 'b', 'slice']);
  });
});

describe('shares', () => {
  it('follow weights', async () => {
    const clients = new Clients({ seats: 1, queued: 1000 });
    for (let i = 0; i < 200; i++) {
      clients.send('system', 'one', { weight: 4 });
      clients.send('tenant', 'two');
    }
    while (clients.started.length < 100) {
      clients.finishOne();
      await clients.loop.rest();
    }
    const ofSystem = clients.started.filter((who) => who.startsWith('system')).length;
    expect(ofSystem).toBeGreaterThan(75);
    expect(ofSystem).toBeLessThan(85);
  });

  it('count seats: heavy requests come less often', async () => {
    const clients = new Clients({ seats: 8, queued: 1000 });
    for (let i = 0; i < 80; i++) {
      clients.send('lister', 'one', { seats: 8 });
      clients.send('getter', 'two');
    }
    while (clients.started.length < 80) {
      clients.finishOne();
      await clients.loop.rest();
    }
    expect(clients.started.filter((who) => who.startsWith('lister')).length).toBeLessThan(15);
  });
});

describe('requests that are heavier than they look', () => {
  it('are charged for the time that they took', async () => {
    const clients = new Clients({ seats: 1, queued: 1000 });
    clients.busyMs.set('heavy', 1);
    clients.busyMs.set('light', 0.1);
    // Few at a time, as clients that wait for their answers: later ones know what earlier ones took.
    for (let i = 0; i < 100; i++) {
      clients.send('heavy', 'one');
      clients.send('light', 'two');
      clients.send('light', 'two');
      clients.finishOne();
      await clients.loop.rest();
    }
    const heavy = clients.started.filter((who) => who.startsWith('heavy')).length;
    // Half of all, were they charged alike.
    expect(heavy).toBeGreaterThan(2);
    expect(heavy).toBeLessThan(30);
  });

  it('hold nobody up for longer when many of them wait already', async () => {
    const clients = new Clients({ seats: 1, queued: 1000 });
    clients.busyMs.set('heavy', 1);
    clients.busyMs.set('light', 0.5);
    for (let i = 0; i < 200; i++) clients.send('heavy', 'one');
    for (let answered = 0; answered < 20; answered++) {
      clients.send('light', 'two');
      while (clients.started.filter((who) => who.startsWith('light')).length === answered) {
        clients.finishOne();
        await clients.loop.turn();
      }
    }
    // Served like light ones, five would start before each of the others.
    expect(clients.started.filter((who) => who.startsWith('heavy')).length).toBeLessThan(30);
  });

  it('are not charged for the time in which the thread had no processor', async () => {
    const clients = new Clients({ seats: 1, queued: 1000 });
    clients.busyMs.set('other', 0.1);
    clients.busyMs.set('unlucky', 0.1);
    clients.preemptedMs.set('unlucky', 50);
    for (let i = 0; i < 300; i++) clients.send('other', 'one');
    for (let i = 0; i < 20; i++) {
      clients.send('unlucky', 'two');
      for (let turns = 0; turns < 4; turns++) {
        clients.finishOne();
        await clients.loop.turn();
      }
    }
    expect(clients.started.filter((who) => who.startsWith('unlucky'))).toHaveLength(20);
  });

  it('start one in a turn, also when nobody waits', async () => {
    const { scheduler, loop } = new Clients({ seats: 100, startsPerTurn: 10 });
    expect([scheduler.tryEnter(9), scheduler.tryEnter(9), scheduler.tryEnter(1)]).toEqual([true, false, true]);
    await loop.turn();
    expect(scheduler.tryEnter(9)).toBe(true);
  });
});

describe('who waits', () => {
  it('is refused with 429 after the longest wait', async () => {
    const clients = new Clients({ seats: 1 });
    clients.send('a', 'x');
    const refused = clients.scheduler.enter({ user: 1, cluster: 2, weight: 1 }, 1, new AbortController().signal);
    const answer = expect(refused).rejects.toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
    });
    await clients.loop.pass(999);
    expect(clients.scheduler.waiting).toBe(1);
    await clients.loop.pass(1);
    await answer;
    expect(clients.scheduler.waiting).toBe(0);
    expect(clients.loop.timersRunning).toBe(0);
  });

  it('takes no seat once its client is gone', async () => {
    const clients = new Clients({ seats: 1 });
    const gone = new AbortController();
    clients.send('a', 'x');
    clients.send('a', 'x', { signal: gone.signal });
    clients.send('b', 'y');
    gone.abort();
    clients.finishOne();
    await clients.loop.rest();
    expect(clients.started).toEqual(['a@x', 'b@y']);
    expect(clients.scheduler.seatsInUse).toBe(1);
  });

  it('is counted by its connection until it starts or is refused', async () => {
    const clients = new Clients({ seats: 1, queued: 2 });
    for (let i = 0; i < 4; i++) clients.send('a', 'x');
    expect(clients.counted).toBe(2);
    clients.finishOne();
    await clients.loop.rest();
    expect(clients.counted).toBe(1);
    await clients.loop.pass(1000);
    expect(clients.refused).toHaveLength(2);
    expect(clients.counted).toBe(0);
  });

  it('is not counted while no seat is given back, so that what is behind it is read', async () => {
    const clients = new Clients({ seats: 2 });
    for (let i = 0; i < 6; i++) clients.send('a', 'x');
    await clients.loop.rest();
    expect(clients.counted).toBe(4);
    await clients.loop.pass(99);
    expect(clients.counted).toBe(4);
    await clients.loop.pass(1);
    expect(clients.counted).toBe(0);
    clients.send('a', 'x');
    expect(clients.counted).toBe(0);
    clients.finishOne();
    await clients.loop.rest();
    clients.send('a', 'x');
    expect(clients.counted).toBe(1);
  });
});

type Step = { send: [number, number, number] } | { finish: true } | { turn: true } | { pass: number };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ send: fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 4 })) }),
    fc.constant({ finish: true }),
    fc.constant({ turn: true }),
    fc.record({ pass: fc.nat(400) }),
  ),
  { maxLength: 120 },
);

async function play(clients: Clients, step: Step): Promise<void> {
  if ('send' in step) {
    const [user, cluster, seats] = step.send;
    clients.send(`u${user}`, `c${cluster}`, { seats });
  } else if ('finish' in step) clients.finishOne();
  else if ('turn' in step) await clients.loop.turn();
  else await clients.loop.pass(step.pass);
}

describe('whatever happens', () => {
  it('bounds hold, no seat lies idle beside somebody who waits, and everybody is answered once', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const clients = new Clients();
        let sent = 0;
        for (const step of all) {
          if ('send' in step) sent += 1;
          await play(clients, step);
          expect(clients.scheduler.seatsInUse).toBeLessThanOrEqual(limits.seats);
          expect(clients.scheduler.waiting).toBeLessThanOrEqual(limits.queued);
          expect(clients.counted).toBeGreaterThanOrEqual(0);
          expect(clients.counted).toBeLessThanOrEqual(clients.scheduler.waiting);
        }
        await clients.loop.rest();
        const { scheduler } = clients;
        // A heavy request that is next waits for its seats; no lighter one passes it for ever.
        if (scheduler.waiting > 0) expect(scheduler.seatsInUse).toBeGreaterThan(0);
        await clients.finishAll();
        expect(scheduler.waiting).toBe(0);
        expect(clients.counted).toBe(0);
        expect(scheduler.seatsInUse).toBe(0);
        expect(clients.started.length + clients.refused.length).toBe(sent);
      }),
    );
  });

  it('a flow waits for one request of each other flow at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 60 }), async (flows, each) => {
        const clients = new Clients({ seats: 1, queued: 1000 });
        for (let f = 0; f < flows; f++) for (let i = 0; i < each; i++) clients.send(`u${f}`, `c${f}`);
        const before = clients.started.length;
        clients.send('alice', 'good');
        await clients.finishAll();
        expect(clients.started.indexOf('alice@good') - before).toBeLessThanOrEqual(flows);
      }),
    );
  });
});
