import type { FieldError } from '../meta/field-error.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import type { CompiledSchema, PruneOptions, ValidateOptions } from './compiled-schema.ts';
import { defaultMaxErrors } from './compiled-schema.ts';
import { applyDefaults } from './default-node.ts';
import { Pruning } from './prune-node.ts';
import type { Schema } from './schema.ts';
import { SchemaNode } from './schema-node.ts';
import { validateNode } from './validate-node.ts';
import { ValidationRun } from './validation-run.ts';

/**
 * Makes a schema ready for use. Costs next to nothing itself: nodes are compiled when a value first reaches them. The
 * schema must not be changed afterwards.
 */
export function compileSchema(schema: Schema): CompiledSchema {
  return new NodeSchema(schema);
}

class NodeSchema implements CompiledSchema {
  readonly schema: Schema;
  readonly root: SchemaNode;

  constructor(schema: Schema) {
    this.schema = schema;
    this.root = new SchemaNode(schema);
  }

  validate(value: unknown, options?: ValidateOptions): FieldError[] {
    const run = new ValidationRun(options?.root ?? '', options?.maxErrors ?? defaultMaxErrors);
    validateNode(this.root, value, run);
    return run.result();
  }

  prune(value: JsonValue, options?: PruneOptions): string[] {
    return this.#prune(value, true, options);
  }

  findUnknownFields(value: JsonValue, options?: PruneOptions): string[] {
    return this.#prune(value, false, options);
  }

  applyDefaults(value: JsonObject): void {
    applyDefaults(value, this.root);
  }

  #prune(value: JsonValue, remove: boolean, options: PruneOptions | undefined): string[] {
    const pruning = new Pruning(remove);
    pruning.prune(value, this.root, options?.isResourceRoot !== false);
    return pruning.paths.length > 1 ? pruning.paths.sort() : pruning.paths;
  }
}
