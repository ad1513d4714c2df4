import { inspect } from 'node:util';
import type { Logger } from '@canopy/client';

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** Lines on standard error: time, level, message, fields. */
export function consoleLogger(lowest: string): Logger {
  const from = Math.max(0, levels.indexOf(lowest as (typeof levels)[number]));
  const line = (level: (typeof levels)[number]) => (fields: object, message: string) => {
    if (levels.indexOf(level) < from) return;
    const pairs = Object.entries(fields).map(([key, value]) => `${key}=${textOf(value)}`);
    process.stderr.write(`${[new Date().toISOString(), level, message, ...pairs].join(' ')}\n`);
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

function textOf(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  return typeof value === 'string' ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 3 });
}
