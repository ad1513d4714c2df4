import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { type BindingObject, bindingsResource, claimText, type PermissionClaim } from '../workspaces/resources.ts';
import { table } from './text-table.ts';

/** `kubectl kcp claims get apibinding [name]`: what each binding answers, and what it has not answered yet. */
export async function getClaims(session: Session, name: string | undefined): Promise<void> {
  const { path } = session.target('workspace');
  const resource = (await session.client(path)).resource<BindingObject>(bindingsResource);
  const bindings = name === undefined ? (await resource.list()).items : [await resource.get(name)];
  const rows = bindings.flatMap((binding) =>
    [...answered(binding), ...unanswered(binding)].map((row) => [binding.metadata.name ?? '', ...row]),
  );
  session.io.out(table(['APIBINDING', 'GROUP-RESOURCE', 'VERBS', 'STATUS'], rows));
}

function answered(binding: BindingObject): string[][] {
  return (binding.spec.permissionClaims ?? []).map((claim) => [
    claimText(claim),
    (claim.verbs ?? []).join(','),
    claim.state ?? '',
  ]);
}

function unanswered(binding: BindingObject): string[][] {
  const answers = binding.spec.permissionClaims ?? [];
  return (binding.status?.exportPermissionClaims ?? [])
    .filter(
      (asked) =>
        !answers.some((answer) => (answer.group ?? '') === (asked.group ?? '') && answer.resource === asked.resource),
    )
    .map((claim) => [claimText(claim), (claim.verbs ?? []).join(','), 'Unanswered']);
}

export interface AnswerOptions {
  state: 'Accepted' | 'Rejected';
  /** `resource[.group]`. */
  resource?: string;
  identityHash?: string;
}

/** `kubectl kcp claims accept|reject <binding>`: answers the claims that match, all of them without a filter. */
export async function answerClaims(session: Session, name: string | undefined, options: AnswerOptions): Promise<void> {
  if (name === undefined) throw new CliError('error APIBinding name is missing');
  const { path } = session.target('workspace');
  const resource = (await session.client(path)).resource<BindingObject>(bindingsResource);
  const binding = await resource.get(name);
  const claims = withUnanswered(binding);
  const matches = (claim: PermissionClaim): boolean =>
    (options.resource === undefined ||
      options.resource === claimText(claim) ||
      options.resource === `${claim.resource}.core`) &&
    (options.identityHash === undefined || options.identityHash === claim.identityHash);
  const chosen = claims.filter(matches);
  if (chosen.length === 0)
    throw new CliError(`error updating permission claim for APIBinding "${name}": no claim matches`);
  const permissionClaims = claims
    .map((claim) => (matches(claim) ? { ...claim, state: options.state } : claim))
    .filter((claim) => claim.state !== undefined);
  await resource.patch(name, 'merge', { spec: { permissionClaims } });
  const verb = options.state === 'Accepted' ? 'accepted' : 'rejected';
  if (options.identityHash !== undefined)
    session.io.out(`claim with identity hash "${options.identityHash}" on APIBinding "${name}" is ${verb}\n`);
  else for (const claim of chosen) session.io.out(`claim "${claimText(claim)}" on APIBinding "${name}" is ${verb}\n`);
}

/** The binding's answers, and what its export asks for besides, not answered yet. */
function withUnanswered(binding: BindingObject): PermissionClaim[] {
  const answers = binding.spec.permissionClaims ?? [];
  const open = (binding.status?.exportPermissionClaims ?? []).filter(
    (asked) =>
      !answers.some((answer) => (answer.group ?? '') === (asked.group ?? '') && answer.resource === asked.resource),
  );
  return [
    ...answers,
    ...open.map(({ group, resource, identityHash, verbs }) => ({
      group: group ?? '',
      resource,
      ...(identityHash ? { identityHash } : {}),
      verbs: verbs ?? ['*'],
      selector: { matchAll: true },
    })),
  ];
}
