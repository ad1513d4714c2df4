import postgres from 'postgres';

/** Runs a query as whoever the URI says. */
export async function query(uri: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(uri, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** What the server says when it does not let somebody in; undefined when it does. */
export async function refusal(uri: string): Promise<string | undefined> {
  try {
    await query(uri, 'select 1');
    return undefined;
  } catch (error) {
    return (error as Error).message || String((error as { code?: string }).code);
  }
}
