const slots = 4096;
const bytesPerSeat = 64 * 1024;
const mostSeats = 16;

/** What lists of a collection have weighed, so that the next is charged for it. Fixed memory; collections may share a slot. */
export class AnswerSizes {
  private readonly seats = new Uint8Array(slots);

  seatsOf(hash: number): number {
    return 1 + this.seats[hash % slots]!;
  }

  /** Larger answers count at once, smaller ones bit by bit: pages must not hide what the whole list costs. */
  learn(hash: number, bytes: number): void {
    const at = hash % slots;
    const more = Math.min(mostSeats - 1, Math.floor(bytes / bytesPerSeat));
    const known = this.seats[at]!;
    this.seats[at] = more >= known ? more : known - 1;
  }
}
