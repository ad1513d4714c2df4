import type { Sql } from 'postgres';
import postgres from 'postgres';

/** How the provider logs in: as a superuser, or as a role that may make roles and databases. */
export interface AdminConnection {
  host: string;
  port: number;
  user: string;
  password: string;
  /** Database to work from. */
  database: string;
  /** As in `sslmode`; undefined is no TLS. */
  ssl?: 'require' | 'prefer' | 'verify-full';
}

const tlsModes = {
  require: 'require',
  prefer: 'prefer',
  'verify-full': 'verify-full',
  'verify-ca': 'verify-full',
} as const;

/** @throws TypeError for what is no `postgres://` or `postgresql://` URL with a user */
export function parseConnectionUrl(text: string): AdminConnection {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.username === '' || url.hostname === '') {
    throw new TypeError('a PostgreSQL URL looks like postgresql://user:password@host:5432/postgres');
  }
  const mode = url.searchParams.get('sslmode') ?? 'disable';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || 'postgres',
    ssl: tlsModes[mode as keyof typeof tlsModes],
  };
}

/**
 * A pool of connections. They look names up in `pg_catalog` alone, because owners may put objects and settings into their
 * databases to trap whoever comes with more rights.
 */
export function openPool(connection: AdminConnection, options: { database?: string; max: number }): Sql {
  return postgres({
    host: connection.host,
    port: connection.port,
    user: connection.user,
    password: connection.password,
    database: options.database ?? connection.database,
    ssl: connection.ssl ?? false,
    max: options.max,
    idle_timeout: 30,
    connect_timeout: 5,
    backoff: () => 0.25,
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: 'canopy-provider-postgres',
      search_path: 'pg_catalog',
      statement_timeout: 120_000,
      lock_timeout: 30_000,
    },
  });
}
