import type { JsonValue } from '../meta/object.ts';
import { goSyntax, goTypeName, goValue, isNumeric } from '../patch/go-format.ts';
import { isJsonObject } from '../patch/json-tree.ts';
import { ListItemError, listItemElement } from './list-items.ts';
import { kindOf, type ListType, type MapType, type MergeType, type ScalarType } from './merge-type.ts';
import { pathElementText } from './path-element.ts';

/**
 * What keeps an applied configuration from being merged under its type: undeclared fields, wrong kinds of values, list
 * items that cannot be told apart, or twice the same unless `allowDuplicates`. One text per finding, as structured-merge-diff words them; empty if there are none.
 */
export function validateConfig(type: MergeType, value: JsonValue, allowDuplicates = false): string[] {
  const problems: Problems = { texts: [], allowDuplicates };
  check(type, value, '', problems);
  return problems.texts;
}

interface Problems {
  texts: string[];
  allowDuplicates: boolean;
}

/** All findings as one text. */
export function problemsText(problems: readonly string[]): string {
  return problems.length === 1 ? problems[0]! : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
}

function report(problems: Problems, path: string, message: string): void {
  problems.texts.push(path === '' ? message : `${path}: ${message}`);
}

function check(type: MergeType, value: JsonValue, path: string, problems: Problems): void {
  switch (kindOf(type, value)) {
    case 'map':
      if (value === null) return;
      if (isJsonObject(value)) checkMap(type.map!, value, path, problems);
      else report(problems, path, `expected map, got &{${goValue(value)}}`);
      return;
    case 'list':
      if (value === null) return;
      if (Array.isArray(value)) checkList(type.list!, value, path, problems);
      else report(problems, path, `expected list, got &{${goValue(value)}}`);
      return;
    case 'scalar':
      checkScalar(type.scalar!, value, path, problems);
      return;
    default:
      report(problems, path, 'schema error: invalid atom: inlined');
  }
}

function checkMap(type: MapType, value: Record<string, JsonValue | undefined>, path: string, problems: Problems): void {
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    const fieldType = type.fields.get(key) ?? type.element;
    if (fieldType === undefined) {
      report(problems, `${path}.${key}`, 'field not declared in schema');
      return;
    }
    if (typeof member !== 'object' && fieldType.scalar === typeof member) continue;
    check(fieldType, member, `${path}.${key}`, problems);
  }
}

function checkList(type: ListType, items: readonly JsonValue[], path: string, problems: Problems): void {
  const seen = new Set<string>();
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    let text: string;
    if (type.atomic) {
      text = `[${i}]`;
    } else {
      let element: string;
      try {
        element = listItemElement(type, item);
      } catch (error) {
        if (!(error instanceof ListItemError)) throw error;
        report(problems, path, `element ${i}: ${error.message}`);
        return;
      }
      text = pathElementText(element);
      if (seen.has(element) && !problems.allowDuplicates) report(problems, path, `duplicate entries for key ${text}`);
      seen.add(element);
    }
    check(type.element, item, path + text, problems);
  }
}

function checkScalar(type: ScalarType, value: JsonValue, path: string, problems: Problems): void {
  if (value === null) return;
  const kind = isNumeric(value) ? 'number' : typeof value;
  if (type === 'numeric' && kind !== 'number') {
    report(problems, path, `expected numeric (int or float), got ${goTypeName(value)}`);
  } else if (type === 'string' && kind !== 'string') {
    report(problems, path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  } else if (type === 'boolean' && kind !== 'boolean') {
    report(problems, path, `expected boolean, got &{${goValue(value)}}`);
  } else if (type === 'untyped' && kind === 'object') {
    report(problems, path, `expected any scalar, got &{${goValue(value)}}`);
  }
}
