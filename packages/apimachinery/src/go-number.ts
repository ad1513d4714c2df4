/** Go's `%v` of a float64, or of an integer: exponents have two digits at least and begin below 10^-4. */
export function goNumber(value: number | bigint): string {
  if (typeof value === 'bigint') return String(value);
  const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
