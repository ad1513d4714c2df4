import type { KubeObject } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';

/** References to Secrets carry a name only; the namespace is always that of the account. */
function cleanSecretReferences(object: KubeObject): void {
  const { secrets } = object as { secrets?: { name?: string }[] };
  if (secrets !== undefined) object.secrets = secrets.map(({ name }) => ({ name }));
}

export const serviceAccountStrategy: Strategy = {
  tracksGeneration: false,
  prepareForCreate: cleanSecretReferences,
  prepareForUpdate: cleanSecretReferences,
};
