import { isStatusError } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { isValidPath } from '../session/workspace-path.ts';
import {
  type BindingObject,
  bindingsResource,
  exportsResource,
  type PermissionClaim,
} from '../workspaces/resources.ts';

export interface BindOptions {
  name?: string;
  timeoutSeconds: number;
  accept: readonly string[];
  reject: readonly string[];
  acceptAll: boolean;
  rejectAll: boolean;
}

interface ExportObject {
  apiVersion: string;
  kind: string;
  metadata: { name?: string };
  spec?: { permissionClaims?: PermissionClaim[] };
}

const pollMs = 200;

/** `kubectl kcp bind apiexport <path:export>`: creates the binding and waits until the APIs are there. */
export async function bindExport(session: Session, argument: string | undefined, options: BindOptions): Promise<void> {
  if (argument === undefined)
    throw new CliError('`root:ws:apiexport_object` reference to bind is required as an argument');
  checkClaimFlags(options);
  const reference = parseReference(argument);
  const { path } = session.target('workspace');
  const name = options.name ?? reference.name;
  const resource = (await session.client(path)).resource<BindingObject>(bindingsResource);
  const claims = await claimsFor(session, reference, options);
  await resource.create({
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name },
    spec: { reference: { export: reference }, ...(claims.length > 0 ? { permissionClaims: claims } : {}) },
  });
  session.io.out(`apibinding ${name} created. Waiting to successfully bind ...\n`);
  const deadline = session.io.now() + options.timeoutSeconds * 1000;
  for (;;) {
    const binding = await resource.get(name);
    if (binding.status?.phase === 'Bound') break;
    if (session.io.now() > deadline) throw new CliError(`could not bind ${name}: ${reasonOf(binding)}`);
    await session.io.sleep(pollMs);
  }
  session.io.out(`${name} created and bound.\n`);
}

function reasonOf(binding: BindingObject): string {
  const failed = binding.status?.conditions?.find((condition) => condition.status === 'False' && condition.message);
  return failed?.message ?? 'timed out waiting for it';
}

function parseReference(argument: string): { path: string; name: string } {
  const text = argument.startsWith(':') ? argument.slice(1) : argument;
  const colon = text.lastIndexOf(':');
  if (colon <= 0 || !isValidPath(text.slice(0, colon)) || colon === text.length - 1) {
    throw new CliError(
      'fully qualified reference to workspace where APIExport exists is required. The format is `root:ws:apiexport` or `<logical-cluster-id>:apiexport`',
    );
  }
  return { path: text.slice(0, colon), name: text.slice(colon + 1) };
}

function checkClaimFlags(options: BindOptions): void {
  const { acceptAll, rejectAll, accept, reject } = options;
  const clash = (a: string, b: string): never => {
    throw new CliError(`cannot use --${a} and --${b} together`);
  };
  if (acceptAll && rejectAll) clash('accept-all-permission-claims', 'reject-all-permission-claims');
  if (acceptAll && accept.length > 0) clash('accept-all-permission-claims', 'accept-permission-claim');
  if (acceptAll && reject.length > 0) clash('accept-all-permission-claims', 'reject-permission-claim');
  if (rejectAll && accept.length > 0) clash('reject-all-permission-claims', 'accept-permission-claim');
  if (rejectAll && reject.length > 0) clash('reject-all-permission-claims', 'reject-permission-claim');
  for (const claim of [...accept, ...reject]) parseClaim(claim);
  const both = accept.find((claim) => reject.includes(claim));
  if (both !== undefined)
    throw new CliError(`accepted permission claim ${both} conflicts with rejected permission claim ${both}`);
}

/** `secrets.core`, `widgets.example.com`. */
function parseClaim(text: string): { group: string; resource: string } {
  const dot = text.indexOf('.');
  if (dot <= 0 || dot === text.length - 1) throw new CliError(`invalid permission claim ${JSON.stringify(text)}`);
  const group = text.slice(dot + 1);
  return { resource: text.slice(0, dot), group: group === 'core' ? '' : group };
}

/**
 * The answers to write. Verbs and identity are those that the export asks for: an answer with other ones gives less, or
 * is invalid. Where the export may not be read, single claims are for all verbs and of no identity.
 */
async function claimsFor(
  session: Session,
  reference: { path: string; name: string },
  options: BindOptions,
): Promise<PermissionClaim[]> {
  const { acceptAll, rejectAll } = options;
  const accept = options.accept.map(parseClaim);
  const reject = options.reject.map(parseClaim);
  if (!acceptAll && !rejectAll && accept.length === 0 && reject.length === 0) return [];
  const exported = await readExport(session, reference, acceptAll || rejectAll);
  if (acceptAll || rejectAll) return exported.map((claim) => answerTo(claim, acceptAll ? 'Accepted' : 'Rejected'));
  const single = (state: string) => (named: { group: string; resource: string }) => {
    const asked = exported.filter(
      ({ group, resource }) => (group ?? '') === named.group && resource === named.resource,
    );
    return (asked.length > 0 ? asked : [named]).map((claim) => answerTo(claim, state));
  };
  return [...accept.flatMap(single('Accepted')), ...reject.flatMap(single('Rejected'))];
}

function answerTo({ group, resource, identityHash, verbs }: PermissionClaim, state: string): PermissionClaim {
  return {
    group: group ?? '',
    resource,
    ...(identityHash ? { identityHash } : {}),
    verbs: verbs ?? ['*'],
    selector: { matchAll: true },
    state,
  };
}

async function readExport(
  session: Session,
  reference: { path: string; name: string },
  required: boolean,
): Promise<PermissionClaim[]> {
  try {
    const client = await session.client(reference.path);
    const object = await client.resource<ExportObject>(exportsResource).get(reference.name);
    return object.spec?.permissionClaims ?? [];
  } catch (error) {
    if (!isStatusError(error)) throw error;
    if (!required) return [];
    throw new CliError(`could not read the claims of APIExport ${reference.path}:${reference.name}: ${error.message}`);
  }
}
