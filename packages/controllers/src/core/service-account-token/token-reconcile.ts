import type { KubeObject } from '@canopy/apimachinery';
import { decodeObject, logicalClusterName, mintClusterAccess } from '@canopy/apiserver';
import { objectKey, objectPrefix, type RangeResult } from '@canopy/storage';
import type { ControllerDeps } from '../../runtime/controller-deps.ts';
import { changeObject, removeObject } from '../../runtime/object-writer.ts';

export const tokenSecretType = 'kubernetes.io/service-account-token';
export const accountNameAnnotation = 'kubernetes.io/service-account.name';
export const accountUidAnnotation = 'kubernetes.io/service-account.uid';

/** Legacy tokens do not expire; this is as long as a token can be asked for. */
const neverSeconds = 2 ** 32;
const page = 500;

export interface AccountName {
  cluster: string;
  namespace: string;
  name: string;
}

interface TokenSecret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** `delete`: its account is gone, or is another one by the same name. `fill`: it lacks its token. */
export type TokenDecision = 'keep' | 'fill' | 'delete';

export function decideToken(secret: KubeObject, account: KubeObject | undefined): TokenDecision {
  const uid = secret.metadata.annotations?.[accountUidAnnotation];
  if (account === undefined || account.metadata.deletionTimestamp !== undefined) return 'delete';
  if (uid !== undefined && uid !== account.metadata.uid) return 'delete';
  const { data } = secret as TokenSecret;
  return uid === undefined || !data?.token || !data['ca.crt'] || !data.namespace ? 'fill' : 'keep';
}

/** Fills, or deletes, the token secrets of one ServiceAccount. */
export async function reconcileTokens(deps: ControllerDeps, at: AccountName): Promise<void> {
  const { registry } = deps;
  const { cluster, namespace, name } = at;
  const kv = await registry.storage.get(
    objectKey({ group: '', resource: 'serviceaccounts', cluster, namespace, name }),
  );
  const account = kv === undefined ? undefined : decodeObject(kv);
  const prefix = objectPrefix({ group: '', resource: 'secrets', cluster, namespace });
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await registry.storage.range(prefix, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    for (const item of found.items) {
      const secret = decodeObject(item) as TokenSecret;
      if (secret.type !== tokenSecretType || secret.metadata.annotations?.[accountNameAnnotation] !== name) continue;
      await settle(deps, at, secret, account);
    }
    if (!found.more) return;
    after = found.items[found.items.length - 1]?.key;
  }
}

async function settle(
  deps: ControllerDeps,
  at: AccountName,
  secret: TokenSecret,
  account: KubeObject | undefined,
): Promise<void> {
  const { registry, world, tokens, shard } = deps;
  const access = mintClusterAccess(logicalClusterName(at.cluster));
  const { name = '', uid = '', resourceVersion } = secret.metadata;
  const place = { resource: world.native.find('', 'secrets'), access, namespace: at.namespace, name };
  const decision = decideToken(secret, account);
  if (decision === 'delete') await removeObject(registry, place, { uid, resourceVersion });
  if (decision !== 'fill') return;
  const accountUid = account?.metadata.uid ?? '';
  const { token } = await tokens.issue({
    access,
    namespace: at.namespace,
    serviceAccount: { name: at.name, uid: accountUid },
    audiences: [],
    expirationSeconds: neverSeconds,
    boundObject: { kind: 'Secret', apiVersion: 'v1', name, uid },
  });
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  await changeObject(registry, place, (current) => {
    if (current.metadata.uid !== uid) return false;
    const data = (current as TokenSecret).data ?? {};
    current.data = {
      ...data,
      'ca.crt': encoded(shard.rootCa),
      namespace: encoded(at.namespace),
      token: data.token || encoded(token),
    };
    current.metadata.annotations = { ...current.metadata.annotations, [accountUidAnnotation]: accountUid };
    return true;
  });
}
