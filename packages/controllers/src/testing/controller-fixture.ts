import type { KubeObject } from '@canopy/apimachinery';
import { monotonicClock, systemClock } from '@canopy/storage';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '@canopy/testing';
import { startControllers } from '../controller-list.ts';
import { BackgroundTurns } from '../runtime/background-turns.ts';
import type { ControllerLogger } from '../runtime/controller.ts';
import type { ControllerDeps } from '../runtime/controller-deps.ts';

/** A control plane with its controllers, as one server process would run them. */
export interface ControllerFixture extends ControlPlane {
  deps: ControllerDeps;
  /** What the controllers complained about. */
  problems: string[];
  settled(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when `holds` does; fails after a while. */
  until(holds: () => Promise<boolean>): Promise<void>;
}

export async function startFixture(options: ControlPlaneOptions = {}): Promise<ControllerFixture> {
  const plane = await startControlPlane(options);
  const problems: string[] = [];
  const deps = depsOf(plane, problems);
  const controllers = await startControllers(deps);
  return {
    ...plane,
    deps,
    problems,
    settled: () => controllers.settled(),
    async stop() {
      await controllers.stop();
      plane.close();
    },
    until,
  };
}

export function depsOf(plane: ControlPlane, problems: string[]): ControllerDeps {
  const { registry, world, surfaces, types, claims, shard } = plane;
  const complain = (fields: object, message: string): void => {
    const { error, ...rest } = fields as { error?: unknown };
    problems.push(`${message} ${JSON.stringify(rest)} ${error instanceof Error ? (error.stack ?? error.message) : ''}`);
  };
  const logger: ControllerLogger = { debug: () => undefined, info: () => undefined, warn: complain, error: complain };
  return {
    registry,
    world,
    surfaces,
    types,
    claims,
    shard,
    clock: systemClock,
    timers: monotonicClock,
    turns: new BackgroundTurns(monotonicClock),
    logger,
    tokens: {
      issue: async ({ serviceAccount, namespace, boundObject }) => ({
        token: `token of ${namespace}/${serviceAccount.name} for ${boundObject?.name ?? ''}`,
        expirationTimestamp: '2100-01-01T00:00:00Z',
        audiences: [],
      }),
    },
  };
}

const patienceMs = 15_000;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Partial<KubeObject> & { namespace?: string } = {},
): KubeObject {
  const { namespace, metadata, ...fields } = rest;
  return {
    apiVersion,
    kind,
    ...fields,
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  };
}

export const configMap = (name: string, namespace: string, metadata: KubeObject['metadata'] = {}): KubeObject =>
  object('v1', 'ConfigMap', name, { namespace, metadata });

export const workspace = (name: string): KubeObject =>
  object('tenancy.kcp.io/v1alpha1', 'Workspace', name, { spec: {} });

export function clusterOf(workspaceObject: KubeObject): string {
  return (workspaceObject.spec as { cluster: string }).cluster;
}

export function phaseOfObject(found: KubeObject | undefined): string | undefined {
  return (found?.status as { phase?: string } | undefined)?.phase;
}

export function conditionOf(
  found: KubeObject | undefined,
  type: string,
): { status: string; reason?: string; message?: string } | undefined {
  const status = found?.status as
    | { conditions?: { type: string; status: string; reason?: string; message?: string }[] }
    | undefined;
  return status?.conditions?.find((condition) => condition.type === type);
}
