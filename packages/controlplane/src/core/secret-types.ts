import { type FieldError, invalidValue, required } from '@canopy/apimachinery';

/** Types of Secrets that Kubernetes gives a meaning (documentation, "Secrets", section "Types of Secret"). */
export const opaqueSecretType = 'Opaque';
export const serviceAccountTokenType = 'kubernetes.io/service-account-token';
export const serviceAccountNameAnnotation = 'kubernetes.io/service-account.name';

interface SecretContent {
  data: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

type TypeRule = (content: SecretContent) => FieldError[];

function keysRequired(...keys: readonly string[]): TypeRule {
  return ({ data }) => keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
}

function jsonUnder(key: string): TypeRule {
  return ({ data }) => {
    const value = data[key];
    if (value === undefined) return [required(`data[${key}]`)];
    try {
      JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
      return [];
    } catch (error) {
      return [invalidValue(`data[${key}]`, '<secret contents redacted>', (error as SyntaxError).name)];
    }
  };
}

const rules: ReadonlyMap<string, TypeRule> = new Map<string, TypeRule>([
  [
    serviceAccountTokenType,
    ({ annotations }) =>
      annotations[serviceAccountNameAnnotation]
        ? []
        : [required(`metadata.annotations[${serviceAccountNameAnnotation}]`)],
  ],
  ['kubernetes.io/dockercfg', jsonUnder('.dockercfg')],
  ['kubernetes.io/dockerconfigjson', jsonUnder('.dockerconfigjson')],
  [
    'kubernetes.io/basic-auth',
    (content) =>
      Object.hasOwn(content.data, 'username') || Object.hasOwn(content.data, 'password')
        ? []
        : keysRequired('username', 'password')(content),
  ],
  ['kubernetes.io/ssh-auth', ({ data }) => (data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')])],
  ['kubernetes.io/tls', keysRequired('tls.crt', 'tls.key')],
]);

/** Errors of a Secret whose type demands certain content. */
export function validateSecretType(type: string, content: SecretContent): FieldError[] {
  return rules.get(type)?.(content) ?? [];
}
