import type { JsonValue } from '../meta/object.ts';
import { getOwn, isJsonObject } from '../patch/json-tree.ts';
import type { ListType } from './merge-type.ts';
import { goJson, goJsonString, type PathElement } from './path-element.ts';

/** A list item cannot be told from others: an explicit null, a wrong type, no key field. */
export class ListItemError extends Error {}

/**
 * What identifies an item of a set or of a list with map keys. A missing key field takes its default, and is left out
 * if it has none.
 *
 * @throws ListItemError
 */
export function listItemElement(list: ListType, item: JsonValue): PathElement {
  return list.keys === undefined ? setItemElement(item) : keyedItemElement(list, list.keys, item);
}

function setItemElement(item: JsonValue): PathElement {
  if (typeof item === 'string') return `v:${goJsonString(item)}`;
  if (item === null) throw new ListItemError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ListItemError('not supported: associative list with lists as elements');
  if (typeof item === 'object')
    throw new ListItemError("associative list without keys has an element that's a map type");
  return `v:${String(item)}`;
}

function keyedItemElement(list: ListType, keys: readonly string[], item: JsonValue): PathElement {
  if (item === null) throw new ListItemError('associative list with keys may not have a null element');
  if (!isJsonObject(item)) throw new ListItemError('associative list with keys may not have non-map elements');
  let text = '';
  for (const key of keys) {
    const value = getOwn(item, key) ?? (Object.hasOwn(item, key) ? null : list.element.map?.defaults.get(key));
    if (value === undefined) continue;
    const json = typeof value === 'string' ? goJsonString(value) : goJson(value);
    text += `${text === '' ? '' : ','}${goJsonString(key)}:${json}`;
  }
  if (text === '' && keys.length > 0) {
    const names = keys.map((key) => JSON.stringify(key)).join(' ');
    throw new ListItemError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:{${text}}`;
}

/** The items by their elements, in order of appearance; an element that stands more than once has all its items. */
export function itemsByElement(list: ListType, items: readonly JsonValue[]): Map<PathElement, JsonValue[]> {
  const index = new Map<PathElement, JsonValue[]>();
  for (const item of items) {
    const element = listItemElement(list, item);
    const known = index.get(element);
    if (known === undefined) index.set(element, [item]);
    else known.push(item);
  }
  return index;
}
