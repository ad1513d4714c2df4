import type { Strategy } from '@canopy/apiserver';
import type { Compare, Operation } from '@canopy/storage';
import type { ShardSettings } from '../shard-settings.ts';
import { type NamespaceWriter, namespaceDefaults } from './namespace-content.ts';

/** Namespaces that clients create get the ServiceAccount `default` and the server's CA in the same transaction. */
export function namespaceWithDefaults(base: Strategy, writer: NamespaceWriter, shard: ShardSettings): Strategy {
  return {
    ...base,
    async alongsideCreate(object, context) {
      const before = await base.alongsideCreate?.(object, context);
      const operations: Operation[] = [...(before?.operations ?? [])];
      const compares: Compare[] = [...(before?.compares ?? [])];
      for (const operation of namespaceDefaults(writer, context.access, object.metadata.name ?? '', shard.rootCa)) {
        // Left over from a namespace of this name.
        if ((await writer.registry.storage.get(operation.key)) !== undefined) continue;
        operations.push(operation);
        compares.push({ key: operation.key, modRevision: 0 });
      }
      return { compares, operations };
    },
  };
}
