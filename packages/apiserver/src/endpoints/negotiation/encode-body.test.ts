import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeBody, encodeJson, indentJson, recodeBody, wantsPretty } from './encode-body.ts';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('wantsPretty', () => {
  it.each(['curl/8.1', 'Wget/1.21', 'Mozilla/5.0 (X11)'])('indents for %s', (agent) => {
    expect(wantsPretty(query(''), agent)).toBe(true);
  });

  it('does not indent for clients', () => {
    expect(wantsPretty(query(''), 'kubectl/v1.30.0 (linux/amd64)')).toBe(false);
    expect(wantsPretty(query(''), undefined)).toBe(false);
  });

  it('lets the query decide', () => {
    expect(wantsPretty(query('pretty=true'), 'kubectl/v1.30.0')).toBe(true);
    expect(wantsPretty(query('pretty=false'), 'curl/8.1')).toBe(false);
    expect(wantsPretty(query('pretty='), 'curl/8.1')).toBe(true);
  });
});

describe('encoding', () => {
  it('writes compact or indented JSON', () => {
    expect(encodeJson({ a: 1 }, false)).toBe('{"a":1}');
    expect(encodeJson({ a: 1 }, true)).toBe('{\n  "a": 1\n}\n');
  });

  it('leaves encoded JSON alone unless it has to be indented', () => {
    const bytes = Buffer.from('{"a":"ü"}');
    expect(indentJson(bytes, false)).toBe(bytes);
    expect(indentJson(bytes, true)).toBe('{\n  "a": "ü"\n}\n');
  });

  it('writes YAML that reads back, under either version of YAML', async () => {
    const value = { a: 'yes', b: '0777', c: 'null', d: ['x', 1, true, null], e: 'two\nlines' };
    const text = await recodeBody(Buffer.from(JSON.stringify(value)), 'yaml', false);
    expect(parse(text as string, { version: '1.1' })).toEqual(value);
    expect(parse(text as string, { version: '1.2' })).toEqual(value);
  });

  it('does not use anchors for values that occur twice', async () => {
    const shared = { x: 1 };
    expect(await encodeBody({ a: shared, b: shared }, 'yaml', false)).toBe('a:\n  x: 1\nb:\n  x: 1\n');
  });
});
