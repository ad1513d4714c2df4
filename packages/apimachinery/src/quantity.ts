/**
 * resource.Quantity: a fixed-point number with a suffix that says in which form to write it (`250m`, `1.5Gi`, `2e3`).
 * Source of the rules: Kubernetes API reference, "Quantity".
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** The text is no quantity. Messages are those of the Go library. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const formatError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixError = "unable to parse quantity's suffix";

/** Values are kept in units of 10^-9, the finest that a quantity can express. */
const nano = 1_000_000_000n;
/** The largest value with a binary suffix; what is beyond is cut to it. */
const maxBinary = 2n ** 63n - 1n;
/** A decimal exponent beyond this would only serve to exhaust memory. */
const maxExponent = 1000;

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const suffixOfExponent: ReadonlyMap<number, string> = new Map([...decimalSuffixes].map(([s, e]) => [e, s]));
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Immutable. */
export class Quantity {
  /** Value × 10^9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** The text it was parsed from, if the Go library would write that again. */
  readonly #text: string | undefined;

  constructor(nanos: bigint, format: QuantityFormat, text?: string) {
    this.nanos = nanos;
    this.format = format;
    this.#text = text;
  }

  /** A whole number. */
  static of(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * nano, format);
  }

  /** @throws QuantityError */
  static parse(text: string): Quantity {
    return parseQuantity(text);
  }

  get isZero(): boolean {
    return this.nanos === 0n;
  }

  /** -1, 0 or 1. */
  get sign(): number {
    return this.nanos < 0n ? -1 : this.nanos > 0n ? 1 : 0;
  }

  /** -1, 0 or 1. */
  compare(other: Quantity): number {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  equals(other: Quantity): boolean {
    return this.nanos === other.nanos;
  }

  /** The sum, in the format of this one, or of the other if this is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.isZero ? other.format : this.format);
  }

  /** The difference, in the format of this one, or of the other if this is zero. */
  subtract(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.isZero ? other.format : this.format);
  }

  negate(): Quantity {
    return new Quantity(-this.nanos, this.format);
  }

  /** The value as a whole number, rounded away from zero. */
  value(): bigint {
    return divideUp(this.nanos, nano);
  }

  /** Value × 1000, rounded away from zero. */
  milliValue(): bigint {
    return divideUp(this.nanos, 1_000_000n);
  }

  /**
   * The canonical text: no fraction, and the largest suffix that allows it. As in Go, a quantity that was parsed from an
   * almost canonical text (`+1`, `1E3`, `1.500`) gives that text again.
   */
  toString(): string {
    if (this.#text !== undefined) return this.#text;
    if (this.nanos === 0n) return '0';
    if (this.format !== 'BinarySI') return decimalText(this.nanos, this.format);
    const small = this.nanos > -1024n * nano && this.nanos < 1024n * nano;
    return small || this.nanos % nano !== 0n ? decimalText(this.nanos, 'DecimalSI') : binaryText(this.nanos / nano);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** The quotient, rounded away from zero. */
function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (value % divisor === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function binaryText(whole: bigint): string {
  let mantissa = whole;
  let power = 0;
  while (power < binarySuffixes.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    power++;
  }
  return `${mantissa}${binarySuffixes[power]}`;
}

/** Writes `nanos` with an exponent that is a multiple of three and no fraction. */
function decimalText(nanos: bigint, format: 'DecimalSI' | 'DecimalExponent'): string {
  let mantissa = nanos;
  let exponent = -9;
  while ((format === 'DecimalExponent' || exponent < 18) && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalSI') return `${mantissa}${suffixOfExponent.get(exponent)}`;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

interface Suffix {
  format: QuantityFormat;
  base: 2n | 10n;
  exponent: number;
}

function parseSuffix(text: string): Suffix | undefined {
  const decimal = decimalSuffixes.get(text);
  if (decimal !== undefined) return { format: 'DecimalSI', base: 10n, exponent: decimal };
  const binary = binarySuffixes.indexOf(text);
  if (binary > 0) return { format: 'BinarySI', base: 2n, exponent: 10 * binary };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(text)?.[1];
  if (exponent === undefined || Math.abs(Number(exponent)) > maxExponent) return undefined;
  return { format: 'DecimalExponent', base: 10n, exponent: Number(exponent) };
}

const syntax = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

function parseQuantity(text: string): Quantity {
  const match = text === '' ? null : syntax.exec(text);
  if (match === null) throw new QuantityError(formatError);
  const sign = match[1] === '-' ? -1n : 1n;
  const whole = match[2] || '0';
  const fraction = match[3] ?? '';
  const suffix = parseSuffix(match[4]!);
  if (suffix === undefined) throw new QuantityError(suffixError);
  const digits = whole + fraction;
  const size = scaled(BigInt(digits), fraction.length, suffix);
  if (suffix.format === 'BinarySI') {
    const format = size > 0n && size < nano ? 'DecimalSI' : 'BinarySI';
    const capped = size > maxBinary * nano ? maxBinary * nano : size;
    const kept = fraction === '' && isShort(digits, suffix) && (BigInt(digits) & 7n) !== 0n;
    return new Quantity(sign * capped, format, kept ? text : undefined);
  }
  const scale = suffix.exponent - fraction.length;
  const kept =
    digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
  return new Quantity(sign * size, suffix.format, kept ? text : undefined);
}

/** Whether the Go library takes the fast path, with 64-bit integers, for a binary suffix. */
function isShort(digits: string, { exponent }: Suffix): boolean {
  return 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1 >= 0;
}

/** `digits` × 10^-`fraction` × base^exponent in nanos, rounded up. */
function scaled(digits: bigint, fraction: number, { base, exponent }: Suffix): bigint {
  if (base === 2n) return divideUp(digits * 2n ** BigInt(exponent) * nano, 10n ** BigInt(fraction));
  const shift = exponent - fraction + 9;
  return shift >= 0 ? digits * 10n ** BigInt(shift) : divideUp(digits, 10n ** BigInt(-shift));
}
