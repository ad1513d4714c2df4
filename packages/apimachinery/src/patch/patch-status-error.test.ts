import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { patchStatusError } from './patch-status-error.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

function answer(run: () => unknown): { code: number; reason: string; message: string } | undefined {
  try {
    run();
  } catch (error) {
    const status = patchStatusError(error)?.toStatus();
    return status && { code: status.code, reason: status.reason ?? '', message: status.message ?? '' };
  }
  throw new Error('nothing was thrown');
}

const refused = {
  code: 422,
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
};

describe('patchStatusError', () => {
  it('answers JSON patches', () => {
    const patch = (value: JsonValue) => answer(() => applyJsonPatch({ a: 1 }, value));
    expect(patch({})).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(patch([{ op: 'test', path: '/a', value: 2 }])).toEqual(refused);
    expect(patch([{ op: 'remove', path: '/b' }])).toEqual(refused);
    expect(patch(new Array<JsonValue>(10_001).fill({}))).toEqual({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    });
  });

  it('answers merge patches', () => {
    expect(answer(() => applyMergePatch({}, []))).toEqual({
      code: 400,
      reason: 'BadRequest',
      message: 'Invalid JSON Patch',
    });
  });

  it('answers strategic merge patches', () => {
    const list = { type: 'array', 'x-kubernetes-patch-strategy': 'merge' } as const;
    const patch = (document: JsonObject, value: JsonValue) =>
      answer(() => applyStrategicMergePatch(document, value, { type: 'object', properties: { list } }));
    expect(patch({}, { $retainKeys: 1 })).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect(patch({ list: [[1]] }, { list: [[2]] })).toEqual(refused);
    expect(patch({ list: [{}] }, { list: [{}] })).toMatchObject({ code: 500, reason: '' });
  });

  it('leaves other errors alone', () => {
    expect(patchStatusError(new Error('x'))).toBeUndefined();
  });
});
