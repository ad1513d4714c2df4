import { type FieldError, invalidValue, type KubeObject, qualifiedNameErrors, required } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';

interface LeaseObject extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    leaseTransitions?: number | null;
    strategy?: string | null;
    preferredHolder?: string | null;
  };
}

function validateLease(object: KubeObject): FieldError[] {
  const { spec } = object as LeaseObject;
  const errors: FieldError[] = [];
  const duration = spec?.leaseDurationSeconds;
  if (typeof duration === 'number' && duration <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  const transitions = spec?.leaseTransitions;
  if (typeof transitions === 'number' && transitions < 0) {
    errors.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  const { strategy, preferredHolder } = spec ?? {};
  if (strategy) {
    for (const error of qualifiedNameErrors(strategy)) errors.push(invalidValue('spec.strategy', strategy, error));
  } else if (preferredHolder) {
    errors.push(required('spec.strategy', 'may only be specified if `strategy` is defined'));
  }
  return errors;
}

export const leaseStrategy: Strategy = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validateCreate: validateLease,
  validateUpdate: validateLease,
};
