import type { KubeObject, ResourceDeclaration } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { convertEvent, storedEventVersion, strategies } from '@canopy/controlplane';
import { convertApiBinding, convertApiExport, type NativeKinds, nativeKinds } from '@canopy/kcp';

const eventsKey = 'events.k8s.io/events';

/** The kinds of our own declarations with their behaviour. `kcpStrategies` are filled in once the world they need exists. */
export function wireNativeKinds(kcpStrategies: ReadonlyMap<string, Strategy>): NativeKinds {
  return nativeKinds({
    strategies: new Map([...strategies, ...kcpStrategies]),
    conversions: new Map<string, (object: KubeObject, toVersion: string) => KubeObject>([
      ['apis.kcp.io/apiexports', convertApiExport],
      ['apis.kcp.io/apibindings', convertApiBinding],
      [eventsKey, convertEvent],
    ]),
    storedElsewhere: new Map([
      [eventsKey, { storedAs: { group: '', resource: 'events' }, declaration: eventsDeclaration }],
    ]),
  });
}

/** events.k8s.io/v1 is a second form of the core events: the stored version is one that nobody can ask for. */
function eventsDeclaration(own: ResourceDeclaration): ResourceDeclaration {
  const served = own.versions[0];
  if (served === undefined) return own;
  const stored = {
    ...served,
    name: storedEventVersion,
    served: false,
    schema: { type: 'object' as const, 'x-kubernetes-preserve-unknown-fields': true },
  };
  return { ...own, versions: [...own.versions, stored], storageVersion: storedEventVersion };
}
