import {
  type CrdCondition,
  type CrdNames,
  type CrdObject,
  type CrdStatus,
  isEstablished,
  withCondition,
} from '../definition/crd-object.ts';
import { approvalCondition } from '../validation/api-approval.ts';
import { decideNames, takenNames } from './name-conflicts.ts';

/** Others in the same group and logical cluster. */
export interface NameNeighbours {
  /** Other definitions of the group; the one that is settled may be among them. */
  definitions: readonly CrdObject[];
  /** Names of APIs of the group that are bound in the cluster. */
  bound: readonly CrdNames[];
}

/**
 * The status that a definition has given its neighbours: accepted names and the conditions NamesAccepted, Established
 * and KubernetesAPIApprovalPolicyConformant. Pure; the same input gives the same status, so calling it again when a
 * neighbour is gone re-evaluates a conflict. Once established a definition stays established.
 */
export function settleStatus(crd: CrdObject, neighbours: NameNeighbours, now: string): CrdStatus {
  const others = neighbours.definitions.filter((other) => other.metadata.name !== crd.metadata.name);
  const taken = takenNames([...others.map((other) => other.status?.acceptedNames), ...neighbours.bound]);
  const { accepted, conflict } = decideNames(crd.spec.names, crd.status?.acceptedNames, taken);
  let conditions: CrdCondition[] = [...(crd.status?.conditions ?? [])];
  const approval = approvalCondition(crd);
  conditions = conditions.filter(
    ({ type }) => type !== 'KubernetesAPIApprovalPolicyConformant' || approval !== undefined,
  );
  if (approval !== undefined) conditions = withCondition(conditions, approval, now);
  conditions = withCondition(
    conditions,
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict },
    now,
  );
  if (!isEstablished(crd)) conditions = withCondition(conditions, establishment(conflict === undefined), now);
  return { ...crd.status, conditions, acceptedNames: accepted };
}

function establishment(accepted: boolean): Omit<CrdCondition, 'lastTransitionTime'> {
  return accepted
    ? {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      }
    : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
}
