import { describe, expect, it } from 'vitest';
import type { CrdObject } from '../definition/crd-object.ts';
import { widgetCrd } from '../testing/widget-crd.ts';
import { validateDefinition, validateDefinitionUpdate } from './crd-validation.ts';

function changed(change: (crd: CrdObject) => void): CrdObject {
  const crd = widgetCrd();
  change(crd);
  return crd;
}
const fields = (change: (crd: CrdObject) => void): string[] => validateDefinition(changed(change)).map((e) => e.field);

describe('validateDefinition', () => {
  it('accepts a definition in order', () => {
    expect(validateDefinition(widgetCrd())).toEqual([]);
  });

  it('wants the name to be plural and group', () => {
    expect(fields((crd) => (crd.metadata.name = 'gadgets.example.com'))).toEqual(['metadata.name']);
  });

  it('allows the core group, spelt out in the name', () => {
    expect(
      fields((crd) => {
        crd.spec.group = '';
        crd.metadata.name = 'widgets.core';
      }),
    ).toEqual([]);
  });

  it('wants exactly one storage version and unique version names', () => {
    expect(fields((crd) => (crd.spec.versions[0]!.storage = true))).toEqual(['spec.versions']);
    expect(fields((crd) => (crd.spec.versions[0]!.name = 'v1'))).toEqual(['spec.versions']);
  });

  it('wants a structural schema in every version', () => {
    expect(fields((crd) => delete crd.spec.versions[0]!.schema)).toEqual(['spec.versions[0].schema.openAPIV3Schema']);
    expect(fields((crd) => delete crd.spec.versions[1]!.schema!.openAPIV3Schema!.properties!.spec!.type)).toEqual([
      'spec.versions[1].schema.openAPIV3Schema.properties[spec].type',
    ]);
  });

  it('refuses names that are no labels and a list kind that is the kind', () => {
    expect(fields((crd) => (crd.spec.names.shortNames = ['W_D']))).toEqual(['spec.names.shortNames[0]']);
    expect(fields((crd) => (crd.spec.names.listKind = 'Widget'))).toEqual(['spec.names.listKind']);
  });

  it('takes selectable fields that lead to scalars only', () => {
    const select = (...paths: string[]) =>
      fields((crd) => (crd.spec.versions[1]!.selectableFields = paths.map((jsonPath) => ({ jsonPath }))));
    expect(select('.spec.color')).toEqual([]);
    const at = (index: number) => `spec.versions[1].selectableFields[${index}].jsonPath`;
    expect(select('.spec.tags', '.metadata.name', '.spec.size', '.spec.color', '.spec.color')).toEqual([
      at(0),
      at(1),
      at(2),
      at(4),
    ]);
  });

  it('takes scale paths below spec and status only', () => {
    const scale = {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.spec.replicas',
      labelSelectorPath: '.foo',
    };
    expect(fields((crd) => (crd.spec.versions[1]!.subresources = { scale }))).toEqual([
      'spec.versions[1].subresources.scale.statusReplicasPath',
      'spec.versions[1].subresources.scale.labelSelectorPath',
    ]);
  });

  it('takes a webhook at a plain https URL, and none without the strategy', () => {
    const webhook = (url: string) => ({ clientConfig: { url }, conversionReviewVersions: ['v1'] });
    const conversion = (strategy: string, url: string) =>
      fields((crd) => (crd.spec.conversion = { strategy, webhook: webhook(url) }));
    expect(conversion('Webhook', 'https://hooks.example.com/convert')).toEqual([]);
    expect(conversion('Webhook', 'http://u@hooks.example.com/?q=1')).toHaveLength(3);
    expect(conversion('None', 'https://hooks.example.com')).toEqual(['spec.conversion.webhook']);
    expect(fields((crd) => (crd.spec.conversion = { strategy: 'Webhook' }))).toEqual([
      'spec.conversion.webhook.clientConfig',
      'spec.conversion.webhook.conversionReviewVersions',
    ]);
  });

  it('wants the groups of Kubernetes to be approved', () => {
    const crd = (annotation?: string) =>
      changed((it) => {
        it.spec.group = 'storage.k8s.io';
        it.metadata.name = 'widgets.storage.k8s.io';
        if (annotation !== undefined) it.metadata.annotations = { 'api-approved.kubernetes.io': annotation };
      });
    const reasons = (annotation?: string) => validateDefinition(crd(annotation)).map((e) => e.reason);
    expect(reasons()).toEqual(['FieldValueRequired']);
    expect(reasons('yes')).toEqual(['FieldValueInvalid']);
    expect(reasons('unapproved, for tests')).toEqual([]);
    expect(reasons('https://github.com/kubernetes/enhancements/pull/1')).toEqual([]);
  });
});

describe('validateDefinitionUpdate', () => {
  const established = (): CrdObject =>
    changed((crd) => {
      crd.status = { conditions: [{ type: 'Established', status: 'True' }], storedVersions: ['v1'] };
    });

  it('keeps the scope and kind of established definitions, and the plural of all', () => {
    const update = established();
    update.spec.scope = 'Cluster';
    update.spec.names = { ...update.spec.names, kind: 'Gizmo', plural: 'gizmos' };
    expect(validateDefinitionUpdate(update, established()).map((e) => e.field)).toEqual([
      'spec.names.plural',
      'spec.scope',
      'spec.names.kind',
    ]);
  });

  it('does not drop a version that objects may be stored in', () => {
    const update = established();
    update.spec.versions = [{ ...update.spec.versions[0]!, storage: true }];
    update.status = { ...update.status, storedVersions: ['v1', 'v1beta1'] };
    expect(validateDefinitionUpdate(update, established()).map((e) => e.field)).toEqual(['status.storedVersions[0]']);
  });

  it('lets a definition that breaks a newer rule lose its finalizer', () => {
    const old = established();
    old.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    old.spec.names.shortNames = ['NOT_VALID'];
    const update = structuredClone(old);
    expect(validateDefinitionUpdate(update, old)).toEqual([]);
  });
});
