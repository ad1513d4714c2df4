import type { Step } from './json-path-parser.ts';
import { parsePath } from './json-path-parser.ts';

/** A path that does not parse. */
export { JsonPathError } from './json-path-parser.ts';

/** Reads one value; undefined where a field is missing. Never throws. */
export type JsonPathGetter = (object: unknown) => unknown;

/**
 * Compiles the JSONPath dialect of printer columns, selectable fields and the scale subresource, `.spec.replicas`,
 * `.metadata.annotations['a.b/c']`, `.status.conditions[?(@.type=="Ready")].status`, with or without braces around it.
 * If several values match, the getter gives the first, as a printer column shows it.
 *
 * @throws JsonPathError
 */
export function compileJsonPath(path: string): JsonPathGetter {
  const steps = parsePath(path);
  const names: string[] = [];
  for (const step of steps) if (step.kind === 'field') names.push(step.name);
  if (names.length === steps.length) return (object) => readFields(object, names);
  return (object) => evaluate(steps, object)[0];
}

/**
 * As {@link compileJsonPath}, for all values that match, in document order.
 *
 * @throws JsonPathError
 */
export function compileJsonPathAll(path: string): (object: unknown) => unknown[] {
  const steps = parsePath(path);
  return (object) => evaluate(steps, object);
}

function readFields(object: unknown, names: readonly string[]): unknown {
  let value = object;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function evaluate(steps: readonly Step[], object: unknown): unknown[] {
  let values: unknown[] = [object];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of values) apply(step, value, next);
    if (next.length === 0) return next;
    values = next;
  }
  return values;
}

function apply(step: Step, value: unknown, out: unknown[]): void {
  if (typeof value !== 'object' || value === null) return;
  switch (step.kind) {
    case 'field':
      if (!Array.isArray(value)) add(Object.hasOwn(value, step.name) ? Reflect.get(value, step.name) : undefined, out);
      return;
    case 'wildcard':
      for (const member of membersOf(value)) add(member, out);
      return;
    case 'descend':
      add(value, out);
      for (const member of membersOf(value)) apply(step, member, out);
      return;
    case 'filter':
      for (const item of Array.isArray(value) ? value : [value])
        if (step.accepts(operandsOf(step.left, step.right, item))) out.push(item);
      return;
    case 'union':
      for (const part of step.parts) apply(part, value, out);
      return;
    case 'slice':
      if (Array.isArray(value)) slice(step, value, out);
  }
}

function membersOf(value: object): readonly unknown[] {
  return Array.isArray(value)
    ? value
    : Object.keys(value)
        .sort()
        .map((key) => Reflect.get(value, key));
}

function add(value: unknown, out: unknown[]): void {
  if (value !== undefined) out.push(value);
}

function slice(step: Extract<Step, { kind: 'slice' }>, items: readonly unknown[], out: unknown[]): void {
  const { length } = items;
  const from = bounded(step.from ?? 0, length);
  const to = bounded(step.to ?? length, length);
  if (step.single) {
    if (from >= 0 && from < length) out.push(items[from]);
    return;
  }
  for (let i = Math.max(from, 0); i < Math.min(to, length); i += step.step) out.push(items[i]);
}

function bounded(index: number, length: number): number {
  return index < 0 ? index + length : index;
}

/** A side of a filter: a literal, or steps from the item. */
type Operand = Extract<Step, { kind: 'filter' }>['left'];

function operandsOf(left: Operand, right: Operand | undefined, item: unknown): { left: unknown; right: unknown } {
  return { left: read(left, item), right: right === undefined ? undefined : read(right, item) };
}

function read(operand: Operand, item: unknown): unknown {
  return operand.steps === undefined ? operand.literal : evaluate(operand.steps, item)[0];
}
