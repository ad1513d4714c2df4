import { keyUsages } from '@canopy/api';
import {
  deepEqual,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalidValue,
  type KubeObject,
  notSupported,
  required,
} from '@canopy/apimachinery';
import type { Strategy, StrategyContext } from '@canopy/apiserver';
import { validateConditionChanges, withConditionTimes } from './certificate-conditions.ts';
import {
  type CertificateCondition,
  type CertificateSigningRequestObject,
  parseCertificateRequest,
} from './certificate-request.ts';

const usages: readonly string[] = keyUsages;
const minExpirationSeconds = 600;
const maxSignerNameLength = 571;

function checkSignerName(signerName: string | undefined, errors: FieldError[]): void {
  const field = 'spec.signerName';
  if (!signerName) {
    errors.push(required(field));
    return;
  }
  if (signerName === 'kubernetes.io/legacy-unknown') {
    errors.push(invalidValue(field, signerName, 'the legacy signerName is not allowed via this API version'));
    return;
  }
  const slash = signerName.indexOf('/');
  if (slash === -1 || signerName.indexOf('/', slash + 1) !== -1) {
    errors.push(
      invalidValue(
        field,
        signerName,
        'must be a fully qualified domain and path of the form "example.com/signer-name"',
      ),
    );
    return;
  }
  if (signerName.length > maxSignerNameLength)
    errors.push(invalidValue(field, signerName, `must be no more than ${maxSignerNameLength} characters`));
  const domain = signerName.slice(0, slash);
  if (!domain.includes('.'))
    errors.push(invalidValue(field, signerName, 'should be a domain with at least two segments separated by dots'));
  for (const part of [domain, signerName.slice(slash + 1)]) {
    for (const error of dns1123SubdomainErrors(part)) errors.push(invalidValue(field, signerName, error));
  }
}

function validateRequest(object: KubeObject): FieldError[] {
  const { spec } = object as CertificateSigningRequestObject;
  const errors: FieldError[] = [];
  try {
    parseCertificateRequest(spec.request ?? '');
  } catch (error) {
    errors.push(invalidValue('spec.request', '<request>', (error as Error).message));
  }
  if ((spec.usages?.length ?? 0) === 0) errors.push(required('spec.usages'));
  const seen = new Set<string>();
  spec.usages?.forEach((usage, index) => {
    const field = `spec.usages[${index}]`;
    if (!usages.includes(usage)) errors.push(notSupported(field, usage, usages));
    else if (seen.has(usage))
      errors.push({ reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${JSON.stringify(usage)}` });
    seen.add(usage);
  });
  checkSignerName(spec.signerName, errors);
  const { expirationSeconds } = spec;
  if (typeof expirationSeconds === 'number' && expirationSeconds < minExpirationSeconds) {
    errors.push(
      invalidValue(
        'spec.expirationSeconds',
        expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    );
  }
  return errors;
}

/** Who asks is written down by the server; what clients send of it is ignored. */
function stampRequester(object: KubeObject, { user }: StrategyContext): void {
  const { spec } = object as CertificateSigningRequestObject;
  if (spec === undefined || spec === null) return;
  spec.username = user.name;
  if (user.uid === undefined) delete spec.uid;
  else spec.uid = user.uid;
  spec.groups = [...user.groups];
  const extra = Object.entries(user.extra ?? {});
  if (extra.length === 0) delete spec.extra;
  else spec.extra = Object.fromEntries(extra.map(([key, values]) => [key, [...values]]));
}

const restoreSpec = (object: KubeObject, old: KubeObject): void => {
  object.spec = structuredClone(old.spec);
};

const isDecision = (condition: CertificateCondition): boolean =>
  condition.type === 'Approved' || condition.type === 'Denied';

function conditionsOf(object: KubeObject): CertificateCondition[] {
  return (object as CertificateSigningRequestObject).status?.conditions ?? [];
}

/** The requester, spec and decision are fixed; the signer writes its certificate through `/status`. */
export const certificateSigningRequestStrategy: Strategy = {
  tracksGeneration: false,
  prepareForCreate: stampRequester,
  validateCreate: validateRequest,
  prepareForUpdate: restoreSpec,
  prepareForStatusUpdate(object, old, { now }) {
    const conditions = [...conditionsOf(object).filter((c) => !isDecision(c)), ...conditionsOf(old).filter(isDecision)];
    object.status = {
      ...(object as CertificateSigningRequestObject).status,
      conditions: withConditionTimes(conditions, conditionsOf(old), now),
    };
    if (conditions.length === 0) delete (object as CertificateSigningRequestObject).status?.conditions;
  },
  validateStatusUpdate(object, old) {
    const errors = validateConditionChanges(conditionsOf(object), conditionsOf(old), 'Failed');
    const before = (old as CertificateSigningRequestObject).status?.certificate ?? '';
    const after = (object as CertificateSigningRequestObject).status?.certificate ?? '';
    if (before !== '' && before !== after) {
      errors.push(
        forbiddenField(
          'status.certificate',
          'updates may not set certificate content if existing certificate content has been set',
        ),
      );
    } else if (after !== '' && before !== after && !isCertificateChain(after)) {
      errors.push(
        invalidValue('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block'),
      );
    }
    return errors;
  },
  selectableFields: {
    'spec.signerName': (object) => (object as CertificateSigningRequestObject).spec?.signerName ?? '',
  },
};

function isCertificateChain(text: string): boolean {
  return Buffer.from(text, 'base64').toString('latin1').includes('-----BEGIN CERTIFICATE-----');
}

/** The strategy of the approval subresource: conditions change, nothing else. */
export const certificateApprovalStrategy: Strategy = {
  tracksGeneration: false,
  prepareForUpdate(object, old, { now }) {
    const conditions = withConditionTimes(conditionsOf(object), conditionsOf(old), now);
    const status = { ...structuredClone((old as CertificateSigningRequestObject).status), conditions };
    restoreSpec(object, old);
    object.status = status;
  },
  validateUpdate(object, old) {
    if (deepEqual(conditionsOf(object), conditionsOf(old))) return [];
    return validateConditionChanges(conditionsOf(object), conditionsOf(old), undefined);
  },
};
