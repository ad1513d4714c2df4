import { isStatusError } from '@canopy/apimachinery';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import {
  type BindingObject,
  bindingsResource,
  claimText,
  type PermissionClaim,
  sameClaim,
} from '../workspaces/resources.ts';
import { table } from './text-table.ts';

const conflictAttempts = 5;

/** `kubectl kcp claims get apibinding [name]`: what each binding answers, and what it has not answered yet. */
export async function getClaims(session: Session, name: string | undefined): Promise<void> {
  const { path } = session.target('workspace');
  const resource = (await session.client(path)).resource<BindingObject>(bindingsResource);
  const bindings = name === undefined ? (await resource.list()).items : [await resource.get(name)];
  const rows = bindings.flatMap((binding) =>
    withUnanswered(binding).map((claim) => [
      binding.metadata.name ?? '',
      claimText(claim),
      (claim.verbs ?? []).join(','),
      claim.state ?? 'Unanswered',
    ]),
  );
  session.io.out(table(['APIBINDING', 'GROUP-RESOURCE', 'VERBS', 'STATUS'], rows));
}

export interface AnswerOptions {
  state: 'Accepted' | 'Rejected';
  /** `resource[.group]`. */
  resource?: string;
  identityHash?: string;
}

/**
 * `kubectl kcp claims accept|reject <binding>`: answers the claims that match, all of them without a filter; also those
 * that the binding has not answered yet.
 */
export async function answerClaims(session: Session, name: string | undefined, options: AnswerOptions): Promise<void> {
  if (name === undefined) throw new CliError('error APIBinding name is missing');
  const { path } = session.target('workspace');
  const resource = (await session.client(path)).resource<BindingObject>(bindingsResource);
  let chosen: PermissionClaim[];
  try {
    chosen = await answer(resource, name, options);
  } catch (error) {
    if (!isStatusError(error) && !(error instanceof CliError)) throw error;
    throw new CliError(`error updating permission claim for APIBinding "${name}": ${error.message}`);
  }
  const verb = options.state === 'Accepted' ? 'accepted' : 'rejected';
  if (options.identityHash !== undefined && options.resource === undefined) {
    session.io.out(`claim with identity hash "${options.identityHash}" on APIBinding "${name}" is ${verb}\n`);
    return;
  }
  for (const claim of chosen) session.io.out(`claim "${claimText(claim)}" on APIBinding "${name}" is ${verb}\n`);
}

interface Bindings {
  get(name: string): Promise<BindingObject>;
  patch(name: string, type: 'merge', patch: object): Promise<BindingObject>;
}

/** Answers against the object as it is when written: a conflict starts over. */
async function answer(resource: Bindings, name: string, options: AnswerOptions): Promise<PermissionClaim[]> {
  for (let attempt = 1; ; attempt++) {
    const binding = await resource.get(name);
    const claims = withUnanswered(binding);
    const chosen = claims.filter((claim) => isMeant(claim, options));
    if (chosen.length === 0) throw new CliError('no claim matches');
    const permissionClaims = claims
      .map((claim) => (chosen.includes(claim) ? { ...claim, state: options.state } : claim))
      .filter((claim) => claim.state !== undefined);
    const { resourceVersion } = binding.metadata;
    try {
      await resource.patch(name, 'merge', { metadata: { resourceVersion }, spec: { permissionClaims } });
      return chosen;
    } catch (error) {
      if (attempt >= conflictAttempts || !isStatusError(error, 'Conflict')) throw error;
    }
  }
}

function isMeant(claim: PermissionClaim, { resource, identityHash }: AnswerOptions): boolean {
  const named =
    resource === undefined || resource === claimText(claim) || (!claim.group && resource === `${claim.resource}.core`);
  return named && (identityHash === undefined || identityHash === (claim.identityHash ?? ''));
}

/** The binding's answers, and what its export asks for besides, without a state. */
function withUnanswered(binding: BindingObject): PermissionClaim[] {
  const answers = binding.spec.permissionClaims ?? [];
  const open = (binding.status?.exportPermissionClaims ?? []).filter(
    (asked) => !answers.some((given) => sameClaim(given, asked)),
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
