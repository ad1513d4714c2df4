import { deepCopy } from '@canopy/apimachinery';
import { putObject, timestamp } from '@canopy/apiserver';
import { workspaceSpecOf } from '@canopy/kcp';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { controllerUser } from '../../runtime/object-writer.ts';
import type { StoredObjectAt } from '../logicalcluster/cluster-objects.ts';

/**
 * Gives a Workspace its logical cluster, just as its creation would have. `unschedulable`: it is still not possible,
 * which its condition says already.
 */
export async function schedule(
  deps: ControllerDeps,
  { object, kv, place }: StoredObjectAt,
): Promise<'scheduled' | 'unschedulable'> {
  const { registry } = deps;
  const workspace = deepCopy(object);
  const now = timestamp(registry.clock);
  const alongside = await place.resource.strategy.alongsideCreate?.(workspace, {
    access: place.access,
    user: controllerUser,
    now,
    dryRun: false,
  });
  if (alongside === undefined || workspaceSpecOf(workspace).cluster === undefined) return 'unschedulable';
  const result = await registry.storage.transact({
    compares: [{ key: kv.key, modRevision: kv.modRevision }, ...alongside.compares],
    operations: [putObject(registry, place.resource, place.access, workspace), ...alongside.operations],
  });
  if (!result.succeeded) throw new Error(`lost a race for ${result.failed.key}`);
  return 'scheduled';
}
