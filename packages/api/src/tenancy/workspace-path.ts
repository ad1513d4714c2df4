import { string } from '../schema-dsl/scalars.ts';
import type { Typed } from '../schema-dsl/typed-schema.ts';

/** A logical cluster name or a colon-separated workspace path. */
export function pathString(description: string): Typed<string> {
  return string(description, { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' });
}
