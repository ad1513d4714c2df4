import { describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';

describe('quoting', () => {
  it('doubles the quotes of names', () => {
    expect(quoteIdentifier('a"; drop role x; --')).toBe('"a""; drop role x; --"');
  });

  it('refuses names that PostgreSQL would cut or end early', () => {
    expect(() => quoteIdentifier('')).toThrow(RangeError);
    expect(() => quoteIdentifier('é'.repeat(32))).toThrow(RangeError);
    expect(() => quoteIdentifier('a\0b')).toThrow(RangeError);
  });

  it('doubles the quotes and backslashes of texts', () => {
    expect(quoteLiteral("it's")).toBe("'it''s'");
    expect(quoteLiteral("a\\'b")).toBe(" E'a\\\\''b'");
  });
});
