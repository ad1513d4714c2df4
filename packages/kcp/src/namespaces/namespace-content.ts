import type { KubeObject } from '@canopy/apimachinery';
import { type ClusterAccess, putNewObject, type Registry } from '@canopy/apiserver';
import type { Operation } from '@canopy/storage';
import type { NativeKinds } from '../surface/native-kinds.ts';

export const rootCaConfigMap = 'kube-root-ca.crt';
export const defaultServiceAccount = 'default';

/** What it takes to write into a logical cluster. */
export interface NamespaceWriter {
  registry: Registry;
  native: NativeKinds;
}

/** A namespace with what every namespace has: the ServiceAccount `default` and the server's CA. */
export function namespaceContent(
  writer: NamespaceWriter,
  access: ClusterAccess,
  name: string,
  rootCa: string,
): Operation[] {
  const namespace: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
  return [
    putNewObject(writer.registry, writer.native.find('', 'namespaces'), access, namespace),
    ...namespaceDefaults(writer, access, name, rootCa),
  ];
}

export function namespaceDefaults(
  writer: NamespaceWriter,
  access: ClusterAccess,
  namespace: string,
  rootCa: string,
): Operation[] {
  return [
    putNewObject(writer.registry, writer.native.find('', 'serviceaccounts'), access, serviceAccountObject(namespace)),
    putNewObject(writer.registry, writer.native.find('', 'configmaps'), access, rootCaObject(namespace, rootCa)),
  ];
}

export function serviceAccountObject(namespace: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: defaultServiceAccount, namespace } };
}

export function rootCaObject(namespace: string, rootCa: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: rootCaConfigMap,
      namespace,
      annotations: {
        'kubernetes.io/description': 'CA bundle with which clients in this workspace verify the API server.',
      },
    },
    data: { 'ca.crt': rootCa },
  };
}
