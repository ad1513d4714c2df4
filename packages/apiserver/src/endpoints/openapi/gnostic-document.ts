import type { DocumentV2, OperationV2, ParameterV2, PathItemV2 } from './document-v2.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import type { OpenApiSchema } from './publish-schema.ts';

/**
 * Encodes a document as `openapi.v2.Document`, the form in which client-go reads OpenAPI v2. Field numbers are those of
 * OpenAPIv2.proto in github.com/google/gnostic-models.
 */
export function encodeGnostic(document: DocumentV2): Buffer {
  const out = new ProtobufWriter(1024 * 1024);
  out.string(1, document.swagger);
  out.message(2, () => {
    out.string(1, document.info.title);
    out.string(2, document.info.version);
  });
  out.message(8, () => {
    for (const path in document.paths)
      named(out, { field: 2, name: path }, () => writePath(out, document.paths[path]!));
  });
  out.message(9, () => writeNamedSchemas(out, document.definitions));
  for (const requirement of document.security) {
    out.message(12, () => {
      for (const name in requirement) named(out, { field: 1, name }, () => out.strings(1, requirement[name]));
    });
  }
  out.message(13, () => {
    for (const name in document.securityDefinitions) {
      const { type, name: header, in: place, description } = document.securityDefinitions[name]!;
      named(out, { field: 1, name }, () =>
        out.message(2, () => {
          for (const [index, text] of [type, header, place, description].entries()) out.string(index + 1, text);
        }),
      );
    }
  });
  return out.finish();
}

/** A map entry: Named… { name = 1, value = 2 }. */
function named(out: ProtobufWriter, { field, name }: { field: number; name: string }, write: () => void): void {
  out.message(field, () => {
    out.string(1, name);
    out.message(2, write);
  });
}

/** Any { yaml = 2 }; JSON is YAML. */
function writeAny(out: ProtobufWriter, field: number, value: unknown): void {
  out.message(field, () => out.string(2, `${JSON.stringify(value)}\n`));
}

function writeExtensions(out: ProtobufWriter, field: number, source: object): void {
  for (const [name, value] of Object.entries(source)) {
    if (!name.startsWith('x-') || value === undefined) continue;
    out.message(field, () => {
      out.string(1, name);
      writeAny(out, 2, value);
    });
  }
}

const operationFields = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;

function writePath(out: ProtobufWriter, item: PathItemV2): void {
  for (const method of ['get', 'put', 'post', 'delete', 'patch'] as const) {
    const operation = item[method];
    if (operation !== undefined) out.message(operationFields[method], () => writeOperation(out, operation));
  }
  for (const parameter of item.parameters) writeParameter(out, 9, parameter);
}

function writeOperation(out: ProtobufWriter, operation: OperationV2): void {
  out.strings(1, operation.tags);
  out.string(3, operation.description);
  out.string(5, operation.operationId);
  out.strings(6, operation.produces);
  out.strings(7, operation.consumes);
  for (const parameter of operation.parameters) writeParameter(out, 8, parameter);
  out.message(9, () => {
    for (const [code, response] of Object.entries(operation.responses)) {
      named(out, { field: 1, name: code }, () =>
        out.message(1, () => {
          out.string(1, response.description);
          const { schema } = response;
          if (schema !== undefined) out.message(2, () => out.message(1, () => writeSchema(out, schema)));
        }),
      );
    }
  });
  out.strings(10, operation.schemes);
  writeExtensions(out, 13, operation);
}

/** ParametersItem { parameter = 1 { body_parameter = 1 | non_body_parameter = 2 { query = 3 | path = 4 } } }. */
function writeParameter(out: ProtobufWriter, field: number, parameter: ParameterV2): void {
  out.message(field, () =>
    out.message(1, () => {
      if (parameter.in === 'body') out.message(1, () => writeBodyParameter(out, parameter));
      else out.message(2, () => writeSimpleParameter(out, parameter));
    }),
  );
}

function writeBodyParameter(out: ProtobufWriter, parameter: ParameterV2): void {
  out.string(1, parameter.description);
  out.string(2, parameter.name);
  out.string(3, parameter.in);
  out.bool(4, parameter.required);
  out.message(5, () => writeSchema(out, parameter.schema ?? {}));
}

function writeSimpleParameter(out: ProtobufWriter, parameter: ParameterV2): void {
  const query = parameter.in === 'query';
  out.message(query ? 3 : 4, () => {
    out.bool(1, parameter.required);
    out.string(2, parameter.in);
    out.string(3, parameter.description);
    out.string(4, parameter.name);
    out.string(query ? 6 : 5, parameter.type);
    out.bool(query ? 20 : 19, parameter.uniqueItems);
  });
}

function writeNamedSchemas(out: ProtobufWriter, schemas: Record<string, OpenApiSchema>): void {
  for (const name in schemas) named(out, { field: 1, name }, () => writeSchema(out, schemas[name]!));
}

type Kind = 'string' | 'double' | 'int64' | 'bool' | 'any';

const schemaFields: readonly (readonly [keyword: string, field: number, kind: Kind])[] = [
  ['$ref', 1, 'string'],
  ['format', 2, 'string'],
  ['title', 3, 'string'],
  ['description', 4, 'string'],
  ['default', 5, 'any'],
  ['multipleOf', 6, 'double'],
  ['maximum', 7, 'double'],
  ['exclusiveMaximum', 8, 'bool'],
  ['minimum', 9, 'double'],
  ['exclusiveMinimum', 10, 'bool'],
  ['maxLength', 11, 'int64'],
  ['minLength', 12, 'int64'],
  ['pattern', 13, 'string'],
  ['maxItems', 14, 'int64'],
  ['minItems', 15, 'int64'],
  ['uniqueItems', 16, 'bool'],
  ['maxProperties', 17, 'int64'],
  ['minProperties', 18, 'int64'],
  ['example', 30, 'any'],
];

function writeSchema(out: ProtobufWriter, schema: OpenApiSchema): void {
  for (const [keyword, field, kind] of schemaFields) {
    const value = schema[keyword];
    if (value === undefined) continue;
    if (kind === 'any') writeAny(out, field, value);
    else out[kind](field, value as never);
  }
  out.strings(19, schema.required as string[] | undefined);
  for (const value of (schema.enum as unknown[] | undefined) ?? []) writeAny(out, 20, value);
  const additional = schema.additionalProperties as OpenApiSchema | boolean | undefined;
  if (additional !== undefined) {
    out.message(21, () => {
      if (typeof additional === 'boolean') out.chosenBool(2, additional);
      else out.message(1, () => writeSchema(out, additional));
    });
  }
  if (schema.type !== undefined) out.message(22, () => out.element(1, schema.type as string));
  const items = schema.items as OpenApiSchema | undefined;
  if (items !== undefined) out.message(23, () => out.message(1, () => writeSchema(out, items)));
  const properties = schema.properties as Record<string, OpenApiSchema> | undefined;
  if (properties !== undefined) out.message(25, () => writeNamedSchemas(out, properties));
  const docs = schema.externalDocs as { description?: string; url?: string } | undefined;
  if (docs !== undefined) {
    out.message(29, () => {
      out.string(1, docs.description);
      out.string(2, docs.url);
    });
  }
  writeExtensions(out, 31, schema);
}
