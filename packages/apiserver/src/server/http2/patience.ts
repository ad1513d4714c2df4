import { ConnectionError, errorCode } from './connection-error.ts';
import { TokenBucket } from './token-bucket.ts';

/** A burst, and so many a second. */
const resets = [1000, 33] as const;
const idleFrames = [1000, 100] as const;
/** Of the peer, for each request and each DATA frame that it got; those beyond are idle frames. */
const freeWindowUpdates = 10;

/** How much work for nothing a peer may ask for on its connection. Throws when it is too much. */
export class Patience {
  /** Counted by whoever opens streams. */
  requests = 0;
  private readonly resets = new TokenBucket(...resets);
  private readonly idleFrames = new TokenBucket(...idleFrames);
  private readonly now: () => number;
  private windowUpdates = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** A request that is taken back or cannot be answered. */
  spendReset(): void {
    this.spend(this.resets);
  }

  /** A frame that brings nothing. */
  spendIdleFrame(): void {
    this.spend(this.idleFrames);
  }

  spendWindowUpdate(dataFramesSent: number): void {
    this.windowUpdates += 1;
    if (this.windowUpdates > freeWindowUpdates * (this.requests + dataFramesSent)) this.spendIdleFrame();
  }

  private spend(bucket: TokenBucket): void {
    if (!bucket.take(this.now())) throw new ConnectionError(errorCode.enhanceYourCalm, 'too much for nothing');
  }
}
