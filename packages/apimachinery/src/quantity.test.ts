import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantity, QuantityError } from './quantity.ts';
import { answer, golden } from './testdata/golden.ts';

const cases = golden('quantity.json');

describe('Quantity', () => {
  it.each(cases.text!)('writes $args as the Go library does', ({ args, want }) => {
    expect(answer(() => Quantity.parse(args[0]!).toString())).toEqual(want);
  });

  it.each(cases.operations!)('computes $args as the Go library does', ({ args, want }) => {
    const [operation, first, second] = args as [string, string, string];
    const a = Quantity.parse(first);
    const b = Quantity.parse(second);
    const results: Record<string, () => string> = {
      add: () => a.add(b).toString(),
      sub: () => a.subtract(b).toString(),
      cmp: () => String(a.compare(b)),
      value: () => `${a.value()} ${a.milliValue()}`,
    };
    expect(results[operation]!()).toBe(want);
  });

  it('gives back its value from its own text', () => {
    const amount = fc.record({
      digits: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      suffix: fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'e3', 'e-3'),
    });
    fc.assert(
      fc.property(amount, ({ digits, suffix }) => {
        const quantity = Quantity.parse(`${digits}${suffix}`);
        expect(Quantity.parse(quantity.toString()).equals(quantity)).toBe(true);
        expect(Quantity.parse(new Quantity(quantity.nanos, quantity.format).toString()).equals(quantity)).toBe(true);
      }),
    );
  });

  it('adds and subtracts without loss', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (x, y) => {
        const [a, b] = [new Quantity(x, 'DecimalSI'), new Quantity(y, 'BinarySI')];
        expect(a.add(b).subtract(b).equals(a)).toBe(true);
      }),
    );
  });

  it('refuses exponents that would need gigabytes', () => {
    expect(() => Quantity.parse('1e999999999')).toThrow(QuantityError);
  });

  it('keeps the magnitude of values beyond the largest suffix', () => {
    expect(Quantity.parse('1000E').toString()).toBe('1000E');
  });

  it('knows sign, zero and JSON form', () => {
    expect(Quantity.parse('-1m').sign).toBe(-1);
    expect(Quantity.parse('0Gi').isZero).toBe(true);
    expect(JSON.stringify({ q: Quantity.of(2048n, 'BinarySI'), n: Quantity.parse('5').negate() })).toBe(
      '{"q":"2Ki","n":"-5"}',
    );
  });
});
