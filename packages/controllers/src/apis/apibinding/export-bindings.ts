import { labelIndex, labelIndexValue } from '@canopy/apiserver';
import { exportHash, groups, pendingBindingIndex } from '@canopy/kcp';
import { parseObjectKey, type RangeResult, type Storage } from '@canopy/storage';

export interface BindingName {
  cluster: string;
  name: string;
}

const page = 500;
const atOnce = 16;
const exportLabel = 'internal.apis.kcp.io/export';

/**
 * Calls `handle` for each binding of an export, wherever it is, and for those that wait for an export of that name. Works
 * through the index page by page, so it holds no more than a page however many bindings there are.
 */
export async function eachBindingOf(
  storage: Storage,
  at: { exportCluster: string; exportName: string; waiting: boolean },
  handle: (binding: BindingName) => Promise<void>,
): Promise<void> {
  const { exportCluster, exportName } = at;
  const resource = { group: groups.apis, resource: 'apibindings' };
  await eachOf(
    storage,
    labelIndex,
    labelIndexValue(resource, exportLabel, exportHash(exportCluster, exportName)),
    handle,
  );
  if (at.waiting) await eachOf(storage, pendingBindingIndex, exportName, handle);
}

async function eachOf(
  storage: Storage,
  index: string,
  value: string,
  handle: (binding: BindingName) => Promise<void>,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await storage.rangeIndex(index, value, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    for (let i = 0; i < found.items.length; i += atOnce) {
      await Promise.all(
        found.items.slice(i, i + atOnce).map(({ key }) => {
          const place = parseObjectKey(key);
          return place === undefined ? undefined : handle({ cluster: place.cluster, name: place.name });
        }),
      );
    }
    if (!found.more) return;
    after = found.items[found.items.length - 1]?.key;
  }
}
