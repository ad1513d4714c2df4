import fc from 'fast-check';
import { expect, it } from 'vitest';
import { codePointLength, utf8Length } from './utf8-length.ts';

it('counts the bytes that the encoder makes and the characters that iteration gives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '\udc00', 'é', '€'))),
      (parts) => {
        const text = parts.join('');
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
        expect(codePointLength(text)).toBe([...text].length);
      },
    ),
  );
});
