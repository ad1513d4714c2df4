import { deepEqual } from '@canopy/apimachinery';
import { decodeObject, logicalClusterName, mintClusterAccess, putNewObject, putObject } from '@canopy/apiserver';
import { defaultServiceAccount, rootCaConfigMap, rootCaObject, serviceAccountObject } from '@canopy/kcp';
import { type Change, type Compare, type ObjectLocation, type Operation, objectKey } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { textOf } from '../../runtime/stored-text.ts';

/** False when a change takes away or alters one of the two objects that every namespace has. */
export function isNamespaceIntact(rootCa: string, at: ObjectLocation, change: Change): boolean {
  if (at.group !== '') return true;
  if (change.type === 'delete') {
    const isAccount = at.resource === 'serviceaccounts' && at.name === defaultServiceAccount;
    return !isAccount && !(at.resource === 'configmaps' && at.name === rootCaConfigMap);
  }
  if (at.resource !== 'configmaps' || at.name !== rootCaConfigMap) return true;
  const text = textOf(change.value as Uint8Array);
  if (text.includes(`"data":${JSON.stringify({ 'ca.crt': rootCa })}`)) return true;
  const object = decodeObject({ value: change.value as Uint8Array, modRevision: change.revision });
  return deepEqual(object.data, { 'ca.crt': rootCa });
}

/** Brings the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt` of a namespace back. */
export async function restoreNamespaceDefaults(
  deps: ControllerDeps,
  clusterText: string,
  namespace: string,
): Promise<void> {
  const { registry, world, shard } = deps;
  const cluster = logicalClusterName(clusterText);
  if ((await world.directory.logicalCluster(cluster))?.metadata.deletionTimestamp !== undefined) return;
  const access = mintClusterAccess(cluster);
  const namespaceKey = objectKey({ group: '', resource: 'namespaces', cluster, name: namespace });
  const accountKey = objectKey({
    group: '',
    resource: 'serviceaccounts',
    cluster,
    namespace,
    name: defaultServiceAccount,
  });
  const mapKey = objectKey({ group: '', resource: 'configmaps', cluster, namespace, name: rootCaConfigMap });
  const parent = await registry.storage.get(namespaceKey);
  if (parent === undefined) return;
  const operations: Operation[] = [];
  const compares: Compare[] = [{ key: namespaceKey, modRevision: parent.modRevision }];
  if ((await registry.storage.get(accountKey)) === undefined) {
    operations.push(
      putNewObject(registry, world.native.find('', 'serviceaccounts'), access, serviceAccountObject(namespace)),
    );
    compares.push({ key: accountKey, modRevision: 0 });
  }
  const map = await registry.storage.get(mapKey);
  const maps = world.native.find('', 'configmaps');
  if (map === undefined) operations.push(putNewObject(registry, maps, access, rootCaObject(namespace, shard.rootCa)));
  else {
    const object = decodeObject(map);
    const data = { 'ca.crt': shard.rootCa };
    if (!deepEqual(object.data, data)) operations.push(putObject(registry, maps, access, { ...object, data }));
  }
  compares.push({ key: mapKey, modRevision: map?.modRevision ?? 0 });
  if (operations.length === 0) return;
  const result = await registry.storage.transact({ compares, operations });
  if (!result.succeeded) throw new Error(`lost a race for ${result.failed.key}`);
}
