import type { LogLevel } from './config/complete-config.ts';

/** Structured logs: one JSON document per line on standard error. The library is loaded when the first line is written. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const order: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export function makeLogger(level: LogLevel): Logger {
  let loading: Promise<Logger> | undefined;
  const log = (at: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (order.indexOf(at) < order.indexOf(level)) return;
    loading ??= import('pino').then(({ pino }) =>
      pino({ level, base: { name: 'canopy' }, errorKey: 'error' }, pino.destination({ fd: 2, sync: true })),
    );
    void loading.then((logger) => logger[at](fields, message));
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
