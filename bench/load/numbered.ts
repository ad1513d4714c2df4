/** Replaces every `#`. */
export function numbered(template: string): (number: number) => string {
  const parts = template.split('#');
  return parts.length === 1 ? () => template : (number) => parts.join(String(number));
}
