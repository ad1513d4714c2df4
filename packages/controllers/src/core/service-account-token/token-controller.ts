import { decodeObject } from '@canopy/apiserver';
import { objectPrefix, parseObjectKey } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, keyParts } from '../../runtime/controller-deps.ts';
import { textOf } from '../../runtime/stored-text.ts';
import {
  accountNameAnnotation,
  accountUidAnnotation,
  decideToken,
  reconcileTokens,
  tokenSecretType,
} from './token-reconcile.ts';

const secretsPrefix = objectPrefix({ group: '', resource: 'secrets' });
const typeText = Buffer.from(`"${tokenSecretType}"`);
const settleMs = 200;

/** Legacy token secrets. Key: `<cluster>/<namespace>/<service account>`. */
export function serviceAccountTokenController(deps: ControllerDeps): Controller {
  return {
    name: 'core/service-account-token',
    watches: ['core/secrets', 'core/serviceaccounts'],
    keysOf(change, add) {
      const at = parseObjectKey(change.key);
      if (at === undefined) return;
      if (!change.key.startsWith(secretsPrefix)) {
        if (change.type === 'delete') add(`${at.cluster}/${at.namespace}/${at.name}`, settleMs);
        return;
      }
      if (change.type === 'delete' || !textOf(change.value as Uint8Array).includes(typeText)) return;
      const secret = decodeObject({ value: change.value as Uint8Array, modRevision: change.revision });
      const account = secret.metadata.annotations?.[accountNameAnnotation];
      const uid = secret.metadata.annotations?.[accountUidAnnotation];
      const isFilled = uid !== undefined && decideToken(secret, { ...secret, metadata: { uid } }) === 'keep';
      if (account !== undefined && !isFilled) add(`${at.cluster}/${at.namespace}/${account}`);
    },
    async reconcile(key) {
      const [cluster, namespace, name] = keyParts(key);
      await reconcileTokens(deps, { cluster, namespace, name });
      return undefined;
    },
  };
}
