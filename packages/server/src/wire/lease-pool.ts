import type { Clock, LeasePool } from '@canopy/apiserver';
import type { Storage } from '@canopy/storage';

const reuseSeconds = 60;
const maxKeysPerLease = 1000;

/** One lease for all objects that are to expire at about the same time: within a minute of each other, later rather than earlier. */
export function leasePool(storage: Storage, clock: Clock): LeasePool {
  const open = new Map<number, { lease: Promise<number>; until: number; uses: number }>();
  return {
    leaseFor(seconds) {
      const known = open.get(seconds);
      if (known !== undefined && known.until > clock.now() && known.uses < maxKeysPerLease) {
        known.uses += 1;
        return known.lease;
      }
      const lease = storage.grantLease(seconds + reuseSeconds);
      open.set(seconds, { lease, until: clock.now() + reuseSeconds * 1000, uses: 1 });
      return lease;
    },
  };
}
