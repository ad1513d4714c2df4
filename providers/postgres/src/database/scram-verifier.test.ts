import { describe, expect, it } from 'vitest';
import { matchesVerifier, scramVerifier } from './scram-verifier.ts';

describe('SCRAM verifiers', () => {
  it('match the password they were made of, and no other', () => {
    const verifier = scramVerifier('pencil');
    expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[^$]+\$[^:]+:.+$/);
    expect(matchesVerifier('pencil', verifier)).toBe(true);
    expect(matchesVerifier('pencils', verifier)).toBe(false);
  });

  it('match nothing in another format', () => {
    expect(matchesVerifier('pencil', 'md5abcdef')).toBe(false);
    expect(matchesVerifier('pencil', '')).toBe(false);
  });
});
