import { createHash } from 'node:crypto';
import type { Authenticator, UserInfo } from './authenticator.ts';

const maxRecent = 1000;

/**
 * Static bearer tokens, known by their SHA-256 only: the map lookup reveals nothing about the tokens, however long it
 * takes.
 */
export class TokenTable {
  private readonly users = new Map<string, UserInfo>();
  /** Good tokens seen lately, so that they are not hashed for each request. Guesses never get in. */
  private readonly recent = new Map<string, UserInfo>();

  static hash(token: string): string {
    return createHash('sha256').update(token).digest('hex');
  }

  add(token: string, user: UserInfo): void {
    this.users.set(TokenTable.hash(token), user);
  }

  addHash(hash: string, user: UserInfo): void {
    this.users.set(hash, user);
  }

  find(token: string): UserInfo | undefined {
    const known = this.recent.get(token);
    if (known !== undefined) return known;
    const user = this.users.get(TokenTable.hash(token));
    if (user === undefined) return undefined;
    if (this.recent.size >= maxRecent) this.recent.clear();
    this.recent.set(token, user);
    return user;
  }
}

export function tokenAuthenticator(name: string, table: () => TokenTable): Authenticator {
  return {
    name,
    authenticate({ bearerToken }) {
      if (bearerToken === undefined) return { outcome: 'absent' };
      const user = table().find(bearerToken);
      return user === undefined ? { outcome: 'absent' } : { outcome: 'authenticated', user, authenticator: name };
    },
  };
}

/**
 * Kubernetes' static token file: `token,user,uid,"group1,group2"`, a line each.
 * Throws an Error that names the line. Source: Kubernetes documentation, "Static token file".
 */
export function parseTokenFile(text: string): TokenTable {
  const table = new TokenTable();
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const [token = '', name = '', uid = '', groups = ''] = csvFields(line);
    if (token === '' || name === '' || csvFields(line).length < 3) {
      throw new Error(`line ${i + 1} must be: token,user,uid[,"group1,group2"]`);
    }
    table.add(token, {
      name,
      uid,
      groups: groups
        .split(',')
        .map((group) => group.trim())
        .filter((group) => group !== ''),
    });
  });
  return table;
}

function csvFields(line: string): string[] {
  const fields: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/y;
  while (pattern.lastIndex < line.length) {
    const match = pattern.exec(line);
    if (match === null) break;
    fields.push(match[1]?.replaceAll('""', '"') ?? (match[2] ?? '').trim());
  }
  return fields;
}
