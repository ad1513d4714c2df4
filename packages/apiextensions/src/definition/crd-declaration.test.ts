import { describe, expect, it } from 'vitest';
import { widgetCrd } from '../testing/widget-crd.ts';
import { crdDeclaration } from './crd-declaration.ts';

describe('crdDeclaration', () => {
  it('declares versions by priority, with the age as the only column by default', () => {
    const declaration = crdDeclaration(widgetCrd());
    expect(declaration).toMatchObject({ group: 'example.com', scope: 'Namespaced', storageVersion: 'v1' });
    expect(declaration.versions.map((version) => version.name)).toEqual(['v1', 'v1beta1']);
    expect(declaration.versions[0]?.printerColumns).toMatchObject([
      { name: 'Age', jsonPath: '.metadata.creationTimestamp' },
    ]);
    expect(declaration.versions[0]?.subresources).toEqual({ status: true });
    expect(declaration.versions[1]).toMatchObject({ deprecated: true });
  });

  it('is one value for all definitions of the same content', () => {
    const here = widgetCrd();
    const there = { ...widgetCrd(), metadata: { name: 'widgets.example.com', uid: 'other' } };
    expect(crdDeclaration(there)).toBe(crdDeclaration(here));
  });

  it('is another value when a schema differs', () => {
    const other = widgetCrd();
    other.spec.versions[0]!.schema!.openAPIV3Schema!.description = 'changed';
    expect(crdDeclaration(other)).not.toBe(crdDeclaration(widgetCrd()));
  });

  it('uses the names that were accepted', () => {
    const crd = widgetCrd();
    crd.status = { acceptedNames: { plural: 'widgets', kind: 'Widget', listKind: 'WidgetList' } };
    expect(crdDeclaration(crd).names.shortNames).toEqual([]);
    expect(crdDeclaration(widgetCrd()).names.shortNames).toEqual(['wd']);
  });
});
