import type { JsonObject, JsonValue } from '../meta/object.ts';
import { getOwn, isJsonObject, setOwn } from '../patch/json-tree.ts';
import { listItemElement } from './list-items.ts';
import { fieldTypeOf, kindOf, type ListType, type MapType, type MergeType } from './merge-type.ts';
import type { PathElement } from './path-element.ts';
import { isEmptyObject } from './value-to-set.ts';

/** The live object with what the configuration says laid over it. Nothing is removed; untouched subtrees are shared. */
export function mergeObjects(type: MergeType, live: JsonObject, config: JsonObject): JsonObject {
  return type.map === undefined ? config : mergeMaps(type.map, live, config);
}

/** Undefined if nothing is left of the value. */
function mergeValues(type: MergeType, live: JsonValue, config: JsonValue): JsonValue | undefined {
  const kind = kindOf(type, config);
  if (kind === 'map' && !type.map!.atomic) {
    const old = isJsonObject(live) && !isEmptyObject(live) ? live : undefined;
    const now = isJsonObject(config) && !isEmptyObject(config) ? config : undefined;
    if (now === undefined) return old ?? config;
    return old === undefined ? config : mergeMaps(type.map!, old, now);
  }
  if (kind === 'list' && !type.list!.atomic) {
    const old = Array.isArray(live) ? live : [];
    const now = Array.isArray(config) ? config : [];
    if (old.length === 0 && now.length === 0) return config;
    return mergeLists(type.list!, old, now);
  }
  return config;
}

function mergeMaps(type: MapType, live: JsonObject, config: JsonObject): JsonObject {
  let result: JsonObject | undefined;
  for (const key in config) {
    const value = config[key];
    if (value === undefined) continue;
    const old = getOwn(live, key);
    if (old === value) continue;
    const merged = old === undefined ? value : mergeValues(fieldTypeOf(type, key), old, value);
    if (merged === old) continue;
    result ??= { ...live };
    if (merged === undefined) delete result[key];
    else setOwn(result, key, merged);
  }
  return result ?? live;
}

interface Indexed {
  elements: PathElement[];
  /** Null for an item that stands more than once: duplicates are not merged with anything. */
  items: Map<PathElement, JsonValue>;
}

function indexed(type: ListType, list: readonly JsonValue[]): Indexed {
  const elements: PathElement[] = [];
  const items = new Map<PathElement, JsonValue>();
  for (const item of list) {
    const element = listItemElement(type, item);
    elements.push(element);
    items.set(element, items.has(element) ? null : item);
  }
  return { elements, items };
}

/**
 * Items of both lists. Those of the configuration keep its order; live items it does not name stay where they are in
 * relation to the shared items around them, and come before new ones in the same gap.
 */
function mergeLists(type: ListType, live: readonly JsonValue[], config: readonly JsonValue[]): JsonValue[] {
  const old = indexed(type, live);
  const now = indexed(type, config);
  const shared = now.elements.filter((element) => old.items.has(element));
  const merged = new Set<PathElement>();
  const result: JsonValue[] = [];
  let nextShared = 0;
  const take = (element: PathElement): void => {
    const item = now.items.get(element)!;
    const known = old.items.get(element);
    merged.add(element);
    result.push(known === undefined ? item : (mergeValues(type.element, known, item) ?? item));
  };
  for (let l = 0, c = 0; l < live.length || c < config.length; ) {
    const liveElement = old.elements[l];
    const configElement = now.elements[c];
    if (liveElement !== undefined && configElement !== undefined) {
      if (liveElement === configElement) {
        take(configElement);
        l++;
        c++;
        nextShared++;
        continue;
      }
      const awaited = shared[nextShared];
      if (awaited !== undefined && awaited !== liveElement && now.items.has(liveElement)) {
        l++;
        continue;
      }
    }
    if (liveElement !== undefined) {
      if (!now.items.has(liveElement)) {
        result.push(live[l]!);
        l++;
        continue;
      }
      if (merged.has(liveElement)) l++;
    }
    if (configElement !== undefined) {
      take(configElement);
      if (shared[nextShared] === configElement) nextShared++;
      c++;
    }
  }
  return result;
}
