import type { Sql } from 'postgres';
import type { AdminConnection } from './connection.ts';
import { openPool } from './connection.ts';
import type { DatabasePlace, DatabaseServer, ExtensionProblem, ServerEndpoint } from './database-server.ts';
import { createMissingExtensions } from './extensions.ts';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';
import { matchesVerifier, scramVerifier } from './scram-verifier.ts';
import { codeOf, isUnreachable, ServerFailure, toServerFailure } from './server-failure.ts';

export interface PostgresServerOptions {
  /** Asked before every new connection pool, so that a server that moved is found again. */
  connection: AdminConnection;
  /** What consumers get to see. Default: the connection's host and port. */
  endpoint?: ServerEndpoint;
  /** Extensions beside those that PostgreSQL calls trusted; `*` is all. */
  allowedExtensions?: readonly string[];
  poolSize?: number;
}

/** After a failed connection, calls fail at once for so long, so that many orders do not wait for a dead server each. */
const failFastMs = 1_000;

const roleRights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/**
 * A server, over SQL. A database is an order's own if the order's role owns it: CREATE DATABASE sets both in one step, and
 * owners cannot hand a database to a role that they are no member of.
 */
export class PostgresServer implements DatabaseServer {
  readonly endpoint: ServerEndpoint;
  readonly #options: PostgresServerOptions;
  readonly #sql: Sql;
  #unreachable: { until: number; failure: ServerFailure } | undefined;

  constructor(options: PostgresServerOptions) {
    const { host, port, ssl } = options.connection;
    this.#options = options;
    this.endpoint = options.endpoint ?? { host, port, parameters: ssl === undefined ? '' : `sslmode=${ssl}` };
    this.#sql = openPool(options.connection, { max: options.poolSize ?? 4 });
  }

  /** Resolves if the server answers. */
  ping(): Promise<void> {
    return this.#step('connecting', async (sql) => {
      await sql`select 1`;
    });
  }

  ensureRole(role: string, options: { connectionLimit: number; note: string }): Promise<void> {
    return this.#step('creating the owner role', async (sql) => {
      const name = quoteIdentifier(role);
      const rights = `${roleRights} CONNECTION LIMIT ${Math.trunc(options.connectionLimit)}`;
      const [found] = await sql<{ right: boolean }[]>`
        select rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
          and rolconnlimit = ${options.connectionLimit} as right
        from pg_roles where rolname = ${role}`;
      if (found === undefined) {
        await ignoring(['42710', '23505'], sql.unsafe(`CREATE ROLE ${name} WITH ${rights}`));
        await sql.unsafe(`COMMENT ON ROLE ${name} IS ${quoteLiteral(options.note)}`);
      } else if (!found.right) {
        await sql.unsafe(`ALTER ROLE ${name} WITH ${rights}`);
      }
    });
  }

  ensureDatabase(place: DatabasePlace, options: { connectionLimit: number; note: string }): Promise<void> {
    return this.#step('creating the database', async (sql) => {
      const database = quoteIdentifier(place.database);
      const limit = Math.trunc(options.connectionLimit);
      let found = await this.#findDatabase(place.database);
      if (found === undefined) {
        await this.#lendRole(place.role, () =>
          ignoring(
            ['42P04', '23505'],
            sql.unsafe(`CREATE DATABASE ${database} OWNER ${quoteIdentifier(place.role)} CONNECTION LIMIT ${limit}`),
          ),
        );
        found = await this.#findDatabase(place.database);
      }
      if (found === undefined || found.owner !== place.role) {
        throw new ServerFailure(
          'NameTaken',
          `there is a database ${place.database} already, which does not belong to this order`,
        );
      }
      if (found.open) await sql.unsafe(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
      if (found.limit !== limit) await sql.unsafe(`ALTER DATABASE ${database} WITH CONNECTION LIMIT ${limit}`);
      if (found.note !== options.note) {
        await sql.unsafe(`COMMENT ON DATABASE ${database} IS ${quoteLiteral(options.note)}`);
      }
    });
  }

  ensurePassword(role: string, password: string): Promise<void> {
    return this.#step('setting the password', async (sql) => {
      // Only superusers may read it; others set it again, which changes nothing.
      const found = await sql<{ verifier: string | null }[]>`
        select rolpassword as verifier from pg_authid where rolname = ${role}`.catch((error: unknown) => {
        if (codeOf(error) === '42501') return [];
        throw error;
      });
      if (found[0]?.verifier && matchesVerifier(password, found[0].verifier)) return;
      const verifier = quoteLiteral(scramVerifier(password));
      await sql.unsafe(`ALTER ROLE ${quoteIdentifier(role)} WITH PASSWORD ${verifier}`);
    });
  }

  ensureExtensions(database: string, extensions: readonly string[]): Promise<ExtensionProblem[]> {
    if (extensions.length === 0) return Promise.resolve([]);
    return this.#step('creating extensions', () =>
      this.#within(database, (sql) => createMissingExtensions(sql, extensions, this.#options.allowedExtensions ?? [])),
    );
  }

  sizeOf(database: string): Promise<number> {
    return this.#step('measuring the database', async (sql) => {
      const [row] = await sql<{ size: string }[]>`select pg_database_size(${database}::name)::text as size`;
      return Number(row?.size ?? 0);
    });
  }

  drop(place: DatabasePlace): Promise<void> {
    return this.#step('dropping the database', async (sql) => {
      const found = await this.#findDatabase(place.database);
      if (found?.owner === place.role) {
        await sql.unsafe(`DROP DATABASE IF EXISTS ${quoteIdentifier(place.database)} WITH (FORCE)`);
      }
      await this.#dropRole(place.role);
    });
  }

  keep(place: DatabasePlace): Promise<void> {
    return this.#step('closing the database', async (sql) => {
      const name = quoteIdentifier(place.role);
      await ignoring(['42704'], sql.unsafe(`ALTER ROLE ${name} WITH NOLOGIN PASSWORD NULL`));
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${place.role}`;
      const found = await this.#findDatabase(place.database);
      // An order that never got its database leaves nothing to keep.
      if (found?.owner !== place.role) await this.#dropRole(place.role);
    });
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 3 });
  }

  async #findDatabase(name: string) {
    const [row] = await this.#sql<{ owner: string; limit: number; open: boolean; note: string | null }[]>`
      select pg_get_userbyid(datdba) as owner, datconnlimit as limit,
        has_database_privilege('public', oid, 'CONNECT') or has_database_privilege('public', oid, 'TEMPORARY') as open,
        shobj_description(oid, 'pg_database') as note
      from pg_database where datname = ${name}`;
    return row;
  }

  /** Who makes a database for another role has to be a member of that, superusers excepted. */
  async #lendRole(role: string, use: () => Promise<unknown>): Promise<void> {
    const [row] = await this.#sql<{ member: boolean }[]>`
      select pg_has_role(current_user, ${role}::name, 'SET') as member`;
    if (!row?.member) await this.#sql.unsafe(`GRANT ${quoteIdentifier(role)} TO CURRENT_USER`);
    await use();
  }

  /** Rights that others gave the role in their databases would keep it from being dropped, so they go first. */
  async #dropRole(role: string): Promise<void> {
    const name = quoteIdentifier(role);
    const holders = await this.#sql<{ database: string }[]>`
      select distinct coalesce(d.datname, current_database()) as database
      from pg_shdepend s left join pg_database d on d.oid = s.dbid
      where s.refclassid = 'pg_authid'::regclass
        and s.refobjid = (select oid from pg_roles where rolname = ${role})`;
    for (const { database } of holders) {
      await this.#within(database, (sql) => sql.unsafe(`DROP OWNED BY ${name}`));
    }
    await this.#sql.unsafe(`DROP ROLE IF EXISTS ${name}`);
  }

  /** One connection to another database, for the time of the call. */
  async #within<T>(database: string, use: (sql: Sql) => PromiseLike<T>): Promise<T> {
    const sql = openPool(this.#options.connection, { database, max: 1 });
    try {
      return await use(sql);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  async #step<T>(what: string, use: (sql: Sql) => Promise<T>): Promise<T> {
    if (this.#unreachable !== undefined && performance.now() < this.#unreachable.until) throw this.#unreachable.failure;
    try {
      const result = await use(this.#sql);
      this.#unreachable = undefined;
      return result;
    } catch (error) {
      const failure = toServerFailure(error, what);
      if (isUnreachable(failure)) this.#unreachable = { until: performance.now() + failFastMs, failure };
      throw failure;
    }
  }
}

/** Waits; errors with these SQLSTATEs mean that somebody was faster. */
async function ignoring(states: readonly string[], query: PromiseLike<unknown>): Promise<void> {
  try {
    await query;
  } catch (error) {
    if (!states.includes(codeOf(error))) throw error;
  }
}
