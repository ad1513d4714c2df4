import type * as Ffi from 'node:ffi';
import { RestWatch } from './rest-watch.ts';

const lookMs = 2000;

/**
 * Gives the memory that the C library has kept of what was freed back to the system, whenever the process comes to rest
 * after work. glibc keeps freed memory below what is still in use, which after a load is most of it; `malloc_trim` returns
 * those pages (https://man7.org/linux/man-pages/man3/malloc_trim.3.html). Does nothing where there is no such function.
 */
export function returnFreedMemoryAtRest(): void {
  const trim = mallocTrim();
  if (trim === undefined) return;
  const watch = new RestWatch();
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (watch.look(performance.now(), (user + system) / 1000)) trim();
  }, lookMs).unref();
}

/** Undefined with another C library than glibc, or a Node.js that cannot call it. */
export function mallocTrim(): (() => void) | undefined {
  try {
    const { lib } = loadFfi().dlopen(null);
    const call = lib.getFunction('malloc_trim', { arguments: ['u64'], return: 'i32' });
    return () => void call(0n);
  } catch {
    return undefined;
  }
}

/** Without the warning that the module is experimental: it is of no use to whoever runs a server. */
function loadFfi(): typeof Ffi {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:ffi');
  } finally {
    process.emitWarning = emitWarning;
  }
}
