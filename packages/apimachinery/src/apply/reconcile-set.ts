import { type FieldSet, isEmptySet, LEAF } from './field-set.ts';
import { DEDUCED, type MapType, type MergeType } from './merge-type.ts';

/**
 * The set as it reads under today's schema: where a list or map has become atomic since, whoever owned parts of it owns
 * the whole. Returns `set` itself if nothing has changed.
 */
export function reconcileSet(type: MergeType, set: FieldSet): FieldSet {
  return type.map === undefined || type.map.atomic ? set : reconcileNode(type, set);
}

function reconcileNode(type: MergeType, node: FieldSet): FieldSet {
  if (isEmptySet(node)) return node;
  if (type.map !== undefined) {
    if (isFreeForm(type.map)) return node;
    if (type.map.atomic) return LEAF;
  } else if (type.scalar !== undefined || type.list === undefined) {
    return node;
  } else if (type.list.atomic) {
    return LEAF;
  }
  let result: Record<string, FieldSet> | undefined;
  for (const element in node) {
    const child = node[element]!;
    if (element === '.' || isEmptySet(child)) continue;
    const childType =
      type.map === undefined ? type.list!.element : (type.map.fields.get(element.slice(2)) ?? type.map.element);
    if (childType === undefined) continue;
    const reconciled = reconcileNode(childType, child);
    if (reconciled === child) continue;
    result ??= { ...node };
    result[element] = reconciled;
  }
  return result ?? node;
}

/** Maps of unknown content say nothing about how they are owned. */
function isFreeForm(map: MapType): boolean {
  return map.fields.size === 0 && (map.element === DEDUCED || map.element?.scalar === 'untyped');
}

/** The set with every declared field on the way to a member made a member too; items and map keys are left alone. */
export function withDeclaredFields(type: MergeType | undefined, set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    const child = set[element]!;
    if (isEmptySet(child)) {
      result[element] = child;
      continue;
    }
    const name = element.slice(2);
    const isField = element[0] === 'f';
    const declared = isField ? type?.map?.fields.get(name) : undefined;
    let childType: MergeType | undefined;
    if (isField) childType = declared ?? type?.map?.element;
    else if (element[0] === 'k') childType = type?.list?.element;
    const inner = withDeclaredFields(childType, child);
    result[element] = declared === undefined || inner['.'] !== undefined ? inner : { '.': LEAF, ...inner };
  }
  return result;
}
