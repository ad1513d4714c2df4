import { describe, expect, it } from 'vitest';
import { covers, parseAccept } from './accept.ts';

const names = (header: string): string[] => parseAccept(header).map((c) => `${c.type}/${c.subtype}`);

describe('parseAccept', () => {
  it('keeps the written order among equal qualities', () => {
    expect(names('application/json, */*')).toEqual(['application/json', '*/*']);
  });

  it('sorts by quality', () => {
    expect(names('*/*;q=0.1, text/html, application/json;q=0.9')).toEqual(['text/html', 'application/json', '*/*']);
  });

  it('leaves out what the client refuses', () => {
    expect(names('application/yaml;q=0, application/json')).toEqual(['application/json']);
  });

  it('reads parameters, quoted or not, and keeps q apart', () => {
    const [clause] = parseAccept('application/json; as=Table; v="v1"; g=meta.k8s.io; q=0.5');
    expect(clause).toMatchObject({ quality: 0.5 });
    expect({ ...clause?.params }).toEqual({ as: 'Table', v: 'v1', g: 'meta.k8s.io' });
  });

  it('skips malformed clauses and takes a lone star for everything', () => {
    expect(names('json, /x, a/, *')).toEqual(['*/*']);
    expect(parseAccept('')).toEqual([]);
  });

  it('treats a malformed quality as 1', () => {
    expect(names('a/b;q=x, c/d;q=7')).toEqual(['a/b', 'c/d']);
  });

  it('does not take parameter names for object members', () => {
    expect(parseAccept('a/b;__proto__=x')[0]?.params['as']).toBeUndefined();
  });
});

describe('covers', () => {
  it.each([
    ['*/*', true],
    ['application/*', true],
    ['application/json', true],
    ['text/*', false],
    ['*/json', false],
  ])('%s covers application/json: %s', (header, expected) => {
    expect(covers(parseAccept(header)[0]!, 'application', 'json')).toBe(expected);
  });
});
