import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import type { Schema } from '../schema/schema.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

interface Golden {
  document: JsonObject;
  schema?: Schema;
  cases: { name: string; document?: JsonObject; patch: JsonValue; expected?: JsonValue; error?: string }[];
}

/** Results recorded from the Go libraries that Kubernetes uses: evanphx/json-patch 4.13, apimachinery 0.37 strategicpatch. */
function golden(file: string): Golden {
  return JSON.parse(readFileSync(new URL(`testdata/${file}`, import.meta.url), 'utf8')) as Golden;
}

function check(data: Golden, apply: (document: JsonObject, patch: JsonValue) => JsonValue): void {
  for (const { name, patch, expected, error, document = data.document } of data.cases) {
    it(name, () => {
      const before = structuredClone({ document, patch });
      if (error === undefined) expect(apply(document, patch)).toEqual(expected);
      else expect(() => apply(document, patch)).toThrow(expect.objectContaining({ message: error }));
      expect({ document, patch }).toEqual(before);
    });
  }
}

describe('a JSON patch', () => check(golden('json-patch.json'), applyJsonPatch));

describe('a merge patch', () => check(golden('merge-patch.json'), applyMergePatch));

describe('a strategic merge patch', () => {
  const data = golden('strategic-merge-patch.json');
  check(data, (document, patch) => applyStrategicMergePatch(document, patch, data.schema!));
});
