/** Something that wants to be called at a time. */
export interface Timed {
  due(): void;
}

/** Milliseconds to which times are rounded up. */
const granularityMs = 250;

interface Slot {
  timer: NodeJS.Timeout;
  members: Set<Timed>;
}

/**
 * Timers of any number of watches: those that are due within the same quarter of a second share one timer of the
 * runtime. None of them keeps the process alive.
 */
export class WatchTimers {
  private readonly slots = new Map<number, Slot>();

  /** `delayMs` from now, or up to a quarter of a second later. What it returns is for {@link cancel}. */
  add(member: Timed, delayMs: number): number {
    const now = performance.now();
    const at = Math.ceil((now + delayMs) / granularityMs);
    let slot = this.slots.get(at);
    if (slot === undefined) {
      const timer = setTimeout(() => this.fire(at), at * granularityMs - now);
      timer.unref();
      slot = { timer, members: new Set() };
      this.slots.set(at, slot);
    }
    slot.members.add(member);
    return at;
  }

  cancel(member: Timed, at: number): void {
    const slot = this.slots.get(at);
    if (slot === undefined || !slot.members.delete(member) || slot.members.size > 0) return;
    clearTimeout(slot.timer);
    this.slots.delete(at);
  }

  /** Timers of the runtime in use. */
  get timerCount(): number {
    return this.slots.size;
  }

  private fire(at: number): void {
    const members = this.slots.get(at)?.members ?? [];
    this.slots.delete(at);
    for (const member of members) member.due();
  }
}
