import type { KubeObject } from '@canopy/apimachinery';
import {
  type ClusterAccess,
  type LogicalClusterName,
  mintClusterAccess,
  putNewObject,
  type Registry,
  timestamp,
} from '@canopy/apiserver';
import type { Operation } from '@canopy/storage';
import type { NativeKinds } from '../surface/native-kinds.ts';
import { PutTemplate, SlotValues, slot, templateRegistry } from '../templates/put-template.ts';

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
  return fillAll(writer, templatesOf(writer, rootCa).all, access, name);
}

export function namespaceDefaults(
  writer: NamespaceWriter,
  access: ClusterAccess,
  namespace: string,
  rootCa: string,
): Operation[] {
  return fillAll(writer, templatesOf(writer, rootCa).defaults, access, namespace);
}

function fillAll(
  { registry }: NamespaceWriter,
  templates: readonly PutTemplate[],
  access: ClusterAccess,
  namespace: string,
): Operation[] {
  const values = new SlotValues({ cluster: access.cluster, namespace, now: timestamp(registry.clock) });
  return templates.map((template) => template.fill(values, registry.ids.uuid()));
}

interface NamespaceTemplates {
  rootCa: string;
  all: readonly PutTemplate[];
  /** Without the namespace itself. */
  defaults: readonly PutTemplate[];
}

/** One set for each registry: the CA is the same as long as the process runs. */
const known = new WeakMap<Registry, NamespaceTemplates>();

function templatesOf(writer: NamespaceWriter, rootCa: string): NamespaceTemplates {
  let templates = known.get(writer.registry);
  if (templates?.rootCa !== rootCa) {
    templates = makeTemplates(writer, rootCa);
    known.set(writer.registry, templates);
  }
  return templates;
}

function makeTemplates({ registry, native }: NamespaceWriter, rootCa: string): NamespaceTemplates {
  const draft = templateRegistry(registry);
  const access = mintClusterAccess(slot('cluster') as LogicalClusterName);
  const name = slot('namespace');
  const template = (resource: string, object: KubeObject): PutTemplate =>
    new PutTemplate(putNewObject(draft, native.find('', resource), access, object));
  const defaults = [
    template('serviceaccounts', serviceAccountObject(name)),
    template('configmaps', rootCaObject(name, rootCa)),
  ];
  return { rootCa, defaults, all: [template('namespaces', namespaceObject(name)), ...defaults] };
}

export function namespaceObject(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
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
