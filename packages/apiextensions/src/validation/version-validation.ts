import {
  codePointLength,
  compileJsonPath,
  dns1035LabelErrors,
  type FieldError,
  invalidValue,
  JsonPathError,
  required,
  type ScaleSubresource,
  tooLong,
  validateStructural,
} from '@canopy/apimachinery';
import type { CrdVersion } from '../definition/crd-object.ts';
import { validateSelectableFields } from './selectable-fields.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const maxDeprecationWarning = 256;

/** Errors of the versions of a definition, one by one and as a whole. */
export function validateVersions(versions: readonly CrdVersion[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) errors.push(...validateVersion(version, `${at}[${index}]`));
  const names = versions.map((version) => version.name);
  if (new Set(names).size !== names.length) {
    errors.push(invalidValue(at, names, 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(invalidValue(at, names, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

function validateVersion(version: CrdVersion, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const error of dns1035LabelErrors(version.name)) errors.push(invalidValue(`${at}.name`, version.name, error));
  checkDeprecation(version, at, errors);
  const schema = version.schema?.openAPIV3Schema;
  const schemaPath = `${at}.schema.openAPIV3Schema`;
  if (schema === undefined || schema === null) errors.push(required(schemaPath, 'schemas are required'));
  else errors.push(...validateStructural(schema, { root: schemaPath, allowUnknownExtensions: true }));
  const scale = version.subresources?.scale;
  if (scale !== undefined && scale !== null) checkScale(scale, `${at}.subresources.scale`, errors);
  version.additionalPrinterColumns?.forEach((column, index) => {
    const field = `${at}.additionalPrinterColumns[${index}]`;
    if (!column.name) errors.push(required(`${field}.name`));
    if (!column.type) errors.push(required(`${field}.type`, `must be one of ${columnTypes.join(',')}`));
    else if (!columnTypes.includes(column.type))
      errors.push(invalidValue(`${field}.type`, column.type, `must be one of ${columnTypes.join(',')}`));
    if (column.format && !columnFormats.includes(column.format)) {
      errors.push(invalidValue(`${field}.format`, column.format, `must be one of ${columnFormats.join(',')}`));
    }
    checkJsonPath(column.jsonPath, `${field}.jsonPath`, errors);
  });
  errors.push(...validateSelectableFields(version, `${at}.selectableFields`));
  return errors;
}

function checkDeprecation(version: CrdVersion, at: string, errors: FieldError[]): void {
  const text = version.deprecationWarning;
  if (text === undefined || text === null) return;
  const field = `${at}.deprecationWarning`;
  if (version.deprecated !== true) {
    errors.push(invalidValue(field, text, 'can only be set for deprecated versions'));
    return;
  }
  if (text === '') {
    errors.push(invalidValue(field, text, 'must not be empty string'));
  } else if (codePointLength(text) > maxDeprecationWarning) errors.push(tooLong(field, maxDeprecationWarning));
  else if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) {
    errors.push(invalidValue(field, text, 'must only contain printable UTF-8 characters'));
  }
}

const simplePath = /^(?:\.[A-Za-z0-9_-]+|\['[^']+'\])+$/;

function checkScale(scale: ScaleSubresource, at: string, errors: FieldError[]): void {
  checkPathBelow(scale.specReplicasPath, ['.spec'], `${at}.specReplicasPath`, errors);
  checkPathBelow(scale.statusReplicasPath, ['.status'], `${at}.statusReplicasPath`, errors);
  if (scale.labelSelectorPath)
    checkPathBelow(scale.labelSelectorPath, ['.spec', '.status'], `${at}.labelSelectorPath`, errors);
}

function checkPathBelow(path: string | undefined, roots: readonly string[], field: string, errors: FieldError[]): void {
  if (!path) errors.push(required(field));
  else if (!simplePath.test(path))
    errors.push(invalidValue(field, path, 'only simple JSON paths of field names are allowed'));
  else if (!roots.some((root) => path.startsWith(`${root}.`))) {
    const where = roots.length === 1 ? roots[0] : `either ${[...roots].reverse().join(' or ')}`;
    errors.push(invalidValue(field, path, `should be a json path under ${where}`));
  }
}

function checkJsonPath(path: string | undefined, field: string, errors: FieldError[]): void {
  if (!path) {
    errors.push(required(field));
    return;
  }
  try {
    compileJsonPath(path);
    if (!path.startsWith('.')) errors.push(invalidValue(field, path, 'must be a simple json path starting with .'));
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    errors.push(invalidValue(field, path, `is an invalid path: ${error.message}`));
  }
}
