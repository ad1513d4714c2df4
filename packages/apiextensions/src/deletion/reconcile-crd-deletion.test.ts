import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { type CrdObject, cleanupFinalizer } from '../definition/crd-object.ts';
import { widgetCrd } from '../testing/widget-crd.ts';
import { type CrdDeletionPorts, reconcileCrdDeletion } from './reconcile-crd-deletion.ts';

function deletedCrd(established = true): CrdObject {
  const crd = widgetCrd();
  crd.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  crd.metadata.finalizers = ['other', cleanupFinalizer];
  crd.status = { conditions: [{ type: 'Established', status: established ? 'True' : 'False' }] };
  return crd;
}

/** Instances that vanish on delete unless they have a finalizer. */
class Instances implements CrdDeletionPorts {
  items: KubeObject[];
  constructor(...items: KubeObject[]) {
    this.items = items;
  }
  listInstances = async () => this.items;
  async deleteInstance(_: CrdObject, instance: KubeObject): Promise<void> {
    if (instance.metadata.finalizers === undefined) this.items = this.items.filter((item) => item !== instance);
    else instance.metadata.deletionTimestamp = '2026-01-01T00:00:01Z';
  }
  now = () => '2026-01-01T00:00:02Z';
}

const widget = (name: string, finalizers?: string[]): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, ...(finalizers === undefined ? {} : { finalizers }) },
});

describe('reconcileCrdDeletion', () => {
  it('leaves definitions alone that are not being deleted', async () => {
    const instances = new Instances(widget('a'));
    expect(await reconcileCrdDeletion(widgetCrd(), instances)).toEqual({ kind: 'none' });
    expect(instances.items).toHaveLength(1);
  });

  it('deletes all objects and lets the definition go, keeping the finalizers of others', async () => {
    const instances = new Instances(widget('a'), widget('b'));
    const step = await reconcileCrdDeletion(deletedCrd(), instances);
    expect(instances.items).toEqual([]);
    expect(step).toMatchObject({ kind: 'release', finalizers: ['other'] });
    expect(step).toHaveProperty(
      'conditions',
      expect.arrayContaining([
        expect.objectContaining({ type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted' }),
      ]),
    );
  });

  it('waits for objects that their finalizers hold', async () => {
    const step = await reconcileCrdDeletion(deletedCrd(), new Instances(widget('a', ['x/y']), widget('b')));
    expect(step).toMatchObject({ kind: 'wait', remaining: 1 });
  });

  it('touches no objects of a definition that never was established: they are not its own', async () => {
    const instances = new Instances(widget('a'));
    expect(await reconcileCrdDeletion(deletedCrd(false), instances)).toMatchObject({ kind: 'release' });
    expect(instances.items).toHaveLength(1);
  });
});
