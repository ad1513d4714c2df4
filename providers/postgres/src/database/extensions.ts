import type { Sql } from 'postgres';
import type { ExtensionProblem } from './database-server.ts';
import { quoteIdentifier } from './quoting.ts';
import { codeOf, toServerFailure } from './server-failure.ts';

interface Extension {
  name: string;
  installed: boolean;
  trusted: boolean;
  /** Where its control file wants it. */
  schema: string | null;
}

/**
 * Creates extensions in the database that `sql` is connected to. What PostgreSQL marks as trusted, and what the operator
 * allows, may be had; the rest could lead out of the database.
 */
export async function createMissingExtensions(
  sql: Sql,
  wanted: readonly string[],
  allowed: readonly string[],
): Promise<ExtensionProblem[]> {
  const known = await sql<Extension[]>`
    select a.name, a.installed_version is not null as installed, coalesce(v.trusted, false) as trusted, v.schema
    from pg_available_extensions a
    left join pg_available_extension_versions v on v.name = a.name and v.version = a.default_version
    where a.name in ${sql(wanted as string[])}`;
  const problems: ExtensionProblem[] = [];
  for (const extension of wanted) {
    const found = known.find(({ name }) => name === extension);
    if (found?.installed) continue;
    if (found === undefined) {
      const message = `the server has no extension ${extension}`;
      problems.push({ extension, problem: 'Unavailable', message });
    } else if (!found.trusted && !allowed.includes(extension) && !allowed.includes('*')) {
      const message = `extension ${extension} is not among those that this provider allows`;
      problems.push({ extension, problem: 'NotAllowed', message });
    } else {
      const problem = await create(sql, found);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

async function create(sql: Sql, extension: Extension): Promise<ExtensionProblem | undefined> {
  const { name } = extension;
  const place = extension.schema === null ? ' WITH SCHEMA public' : '';
  try {
    await sql.unsafe(`CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)}${place} CASCADE`);
    return undefined;
  } catch (error) {
    const failure = toServerFailure(error, `creating extension ${name}`);
    // The server's own trouble is not the extension's.
    if (failure.reason !== 'ServerError' && codeOf(error) !== '42501') throw failure;
    return { extension: name, problem: 'Failed', message: `extension ${name}: ${withoutPaths(error)}` };
  }
}

/** The server's own words, but not where its files lie. */
function withoutPaths(error: unknown): string {
  return (error as Error).message.replaceAll(/"\/[^"]*"/g, 'a file of the server');
}
