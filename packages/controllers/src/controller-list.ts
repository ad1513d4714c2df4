import { apiBindingController } from './apis/apibinding/apibinding-controller.ts';
import { permissionClaimsController } from './apis/permission-claims/claims-controller.ts';
import { logicalClusterController } from './core/logicalcluster/logicalcluster-controller.ts';
import { namespaceController } from './core/namespace/namespace-controller.ts';
import { garbageCollector } from './gc/gc-controller.ts';
import type { Controller } from './runtime/controller.ts';
import type { ControllerDeps } from './runtime/controller-deps.ts';
import { Reactor } from './runtime/reactor.ts';
import { workspaceController } from './tenancy/workspace/workspace-controller.ts';

export type ControllerFactory = (deps: ControllerDeps) => Controller;

/** All controllers of the server, by name. */
export const controllerFactories: Readonly<Record<string, ControllerFactory>> = {
  'core/namespace': namespaceController,
  gc: garbageCollector,
  'tenancy/workspace': workspaceController,
  'core/logicalcluster': logicalClusterController,
  'apis/apibinding': apiBindingController,
  'apis/permission-claims': permissionClaimsController,
};

export function controllerList(deps: ControllerDeps): Controller[] {
  return Object.values(controllerFactories).map((factory) => factory(deps));
}

export interface RunningControllers {
  /** Takes no new work, waits for what is being done, and remembers the rest for the next start. */
  stop(): Promise<void>;
  /** Resolves when nothing is in line; what waits for time to pass is not counted. */
  settled(): Promise<void>;
}

/** Starts all controllers where the last run of them stood. One set runs per store at a time. */
export async function startControllers(deps: ControllerDeps): Promise<RunningControllers> {
  const { storage, hub } = deps.registry;
  const { clock, logger } = deps;
  const reactor = new Reactor({ name: 'controllers', storage, hub, clock, logger, controllers: controllerList(deps) });
  await reactor.start();
  return { stop: () => reactor.stop(), settled: () => reactor.settled() };
}
