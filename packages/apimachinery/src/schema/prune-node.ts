import type { JsonValue } from '../meta/object.ts';
import { objectMetaNode } from './object-meta-schema.ts';
import type { SchemaNode } from './schema-node.ts';

/** What one pruning removes, or would remove if `remove` is false. */
export class Pruning {
  readonly paths: string[] = [];
  readonly remove: boolean;
  readonly #path: (string | number)[] = [];

  constructor(remove: boolean) {
    this.remove = remove;
  }

  /** Removes fields of `value` that `node` does not specify; without a node, all fields of objects. */
  prune(value: JsonValue | undefined, node: SchemaNode | undefined, isResource: boolean): void {
    this.#visit(value, node, isResource, node?.preserve === true);
  }

  /** With `preserve` unknown fields stay, but what is specified is pruned inside. */
  #visit(value: JsonValue | undefined, node: SchemaNode | undefined, isResource: boolean, preserve: boolean): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      this.#visitItems(value, node, preserve);
      return;
    }
    const embedded = isResource || node?.embedded === true;
    for (const key in value) {
      const member = value[key];
      if (member === undefined) continue;
      if (embedded && (key === 'apiVersion' || key === 'kind' || key === 'metadata')) {
        if (key === 'metadata') this.#pruneMember(key, member, objectMetaNode());
        continue;
      }
      const child = node?.property(key);
      if (child !== undefined) this.#pruneMember(key, member, child);
      else if (isOpen(node)) this.#pruneMember(key, member, node?.additionalProperties);
      else if (!preserve) {
        this.#record(key);
        if (this.remove) delete value[key];
      }
    }
  }

  #visitItems(items: JsonValue[], node: SchemaNode | undefined, preserve: boolean): void {
    const child = node?.items;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item !== 'object' || item === null) continue;
      this.#path.push(i);
      this.#visit(item, child, false, preserve || child?.preserve === true);
      this.#path.pop();
    }
  }

  #pruneMember(key: string, member: JsonValue, node: SchemaNode | undefined): void {
    if (typeof member !== 'object' || member === null) return;
    this.#path.push(key);
    this.prune(member, node, false);
    this.#path.pop();
  }

  #record(key: string): void {
    let text = '';
    for (const step of this.#path) {
      if (typeof step === 'number') text += `[${step}]`;
      else text += text === '' ? step : `.${step}`;
    }
    this.paths.push(text === '' ? key : `${text}.${key}`);
  }
}

function isOpen(node: SchemaNode | undefined): boolean {
  const additional = node?.schema.additionalProperties;
  return additional !== undefined && additional !== false;
}
