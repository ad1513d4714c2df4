import { describe, expect, it } from 'vitest';
import { parseTokenFile, tokenAuthenticator } from './token-authenticator.ts';
import { unionAuthenticator } from './union-authenticator.ts';

describe('the token file', () => {
  it('gives each token its user, uid and groups', () => {
    const table = parseTokenFile('t1,alice,1\nt2,bob,2,"dev,ops"\n\n# comment\nt3,"carol ""c""",3,"x"\n');
    expect(table.find('t1')).toEqual({ name: 'alice', uid: '1', groups: [] });
    expect(table.find('t2')).toEqual({ name: 'bob', uid: '2', groups: ['dev', 'ops'] });
    expect(table.find('t3')).toEqual({ name: 'carol "c"', uid: '3', groups: ['x'] });
    expect(table.find('t4')).toBeUndefined();
  });

  it.each(['onlytoken', 't,user', ',user,1'])('is refused with the line when it says %j', (line) => {
    expect(() => parseTokenFile(`t1,alice,1\n${line}\n`)).toThrow('line 2');
  });
});

describe('several authenticators', () => {
  const table = parseTokenFile('t1,alice,1');
  const union = unionAuthenticator([tokenAuthenticator('file', () => table)]);

  it('accept what one of them knows', async () => {
    expect(await union.authenticate({ bearerToken: 't1', headers: {} })).toMatchObject({
      outcome: 'authenticated',
      user: { name: 'alice' },
    });
  });

  it('reject a token that none of them knows', async () => {
    expect(await union.authenticate({ bearerToken: 'x', headers: {} })).toMatchObject({ outcome: 'rejected' });
  });

  it('take no credentials as nobody', async () => {
    expect(await union.authenticate({ headers: {} })).toEqual({ outcome: 'absent' });
  });
});
