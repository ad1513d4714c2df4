import {
  type LogicalClusterName,
  logicalClusterName,
  mintClusterAccess,
  putNewObject,
  type Registry,
} from '@canopy/apiserver';
import type { Operation } from '@canopy/storage';
import { type ControlPlane, startControlPlane } from '@canopy/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  namespaceContent,
  namespaceObject,
  rootCaObject,
  serviceAccountObject,
} from '../namespaces/namespace-content.ts';
import { PutTemplate, SlotValues, slot, templateRegistry } from './put-template.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());

/** The same identifiers and the same time at each use. */
function fixedRegistry(): Registry {
  let count = 0;
  return {
    ...plane.registry,
    clock: { now: () => Date.UTC(2030, 4, 6, 7, 8, 9) },
    ids: { ...plane.registry.ids, uuid: () => `00000000-0000-4000-8000-${String(count++).padStart(12, '0')}` },
  };
}

function readable(operations: readonly Operation[]): unknown[] {
  return operations.map((operation) =>
    operation.type === 'put'
      ? { key: operation.key, value: Buffer.from(operation.value).toString(), indexes: operation.indexes }
      : operation,
  );
}

const names = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);

describe('a template', () => {
  it('gives a namespace the content that its objects have when they are written one by one', () => {
    const { native } = plane.world;
    fc.assert(
      fc.property(names, names, fc.string({ unit: 'grapheme' }), (clusterText, namespace, rootCa) => {
        const access = mintClusterAccess(logicalClusterName(clusterText));
        const filled = namespaceContent({ registry: fixedRegistry(), native }, access, namespace, rootCa);
        const registry = fixedRegistry();
        const written = [
          putNewObject(registry, native.find('', 'namespaces'), access, namespaceObject(namespace)),
          putNewObject(registry, native.find('', 'serviceaccounts'), access, serviceAccountObject(namespace)),
          putNewObject(registry, native.find('', 'configmaps'), access, rootCaObject(namespace, rootCa)),
        ];
        expect(readable(filled)).toEqual(readable(written));
      }),
    );
  });

  it('takes any text as the value of a slot', () => {
    const resource = plane.world.native.find('', 'configmaps');
    const draft = (text: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'b', annotations: { text } },
      data: { before: `<${text}>`, time: '1970-01-01' },
    });
    const template = new PutTemplate(
      putNewObject(
        templateRegistry(plane.registry),
        resource,
        mintClusterAccess(slot('cluster') as LogicalClusterName),
        draft(slot('text')),
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const registry = fixedRegistry();
        const direct = putNewObject(registry, resource, mintClusterAccess(logicalClusterName('c1')), draft(text));
        const values = { cluster: 'c1', text, now: '2030-05-06T07:08:09Z' };
        expect(readable([template.fill(new SlotValues(values), '00000000-0000-4000-8000-000000000000')])).toEqual(
          readable([direct]),
        );
      }),
    );
  });
});
