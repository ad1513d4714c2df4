import { crdController } from './apiextensions/crd/crd-controller.ts';
import { apiBindingController } from './apis/apibinding/apibinding-controller.ts';
import { apiExportController } from './apis/apiexport/apiexport-controller.ts';
import { crdCleanupController } from './apis/crd-cleanup/crd-cleanup-controller.ts';
import { defaultBindingsController } from './apis/default-bindings/default-bindings-controller.ts';
import { permissionClaimsController } from './apis/permission-claims/claims-controller.ts';
import { namespaceController } from './core/namespace/namespace-controller.ts';
import { serviceAccountTokenController } from './core/service-account-token/token-controller.ts';
import { garbageCollector } from './gc/gc-controller.ts';
import { quotaController } from './quota/quota-controller.ts';
import { clusterRoleAggregationController } from './rbac/cluster-role-aggregation/aggregation-controller.ts';
import type { Controller } from './runtime/controller.ts';
import type { ControllerDeps } from './runtime/controller-deps.ts';
import { Reactor } from './runtime/reactor.ts';
import { type HeldWork, WorkShares, type WorkSharesOptions } from './runtime/work-shares.ts';
import { logicalClusterController } from './tenancy/logicalcluster/logicalcluster-controller.ts';
import { workspaceController } from './tenancy/workspace/workspace-controller.ts';
import { partitionSetController } from './topology/partitionset/partitionset-controller.ts';

export type ControllerFactory = (deps: ControllerDeps) => Controller;

/** All controllers of the server, by name. */
export const controllerFactories: Readonly<Record<string, ControllerFactory>> = {
  'tenancy/workspace': workspaceController,
  'core/logicalcluster': logicalClusterController,
  'core/namespace': namespaceController,
  'core/service-account-token': serviceAccountTokenController,
  gc: garbageCollector,
  quota: quotaController,
  'rbac/cluster-role-aggregation': clusterRoleAggregationController,
  'apiextensions/crd': crdController,
  'apis/apibinding': apiBindingController,
  'apis/permission-claims': permissionClaimsController,
  'apis/default-bindings': defaultBindingsController,
  'apis/apiexport': apiExportController,
  'apis/crd-cleanup': crdCleanupController,
  'topology/partitionset': partitionSetController,
};

export function controllerList(deps: ControllerDeps): Controller[] {
  return Object.values(controllerFactories).map((factory) => factory(deps));
}

export interface RunningControllers {
  /** Takes no new work, waits for what is being done, and remembers the rest for the next start. */
  stop(): Promise<void>;
  /** Resolves when nothing is in line; what waits for time to pass is not counted. */
  settled(): Promise<void>;
  /** Names of what this process runs now. */
  units(): string[];
}

/** Starts all controllers where the last run of them stood. For a store that no other process uses: nothing is waited for. */
export async function startControllers(deps: ControllerDeps): Promise<RunningControllers> {
  const { storage, hub } = deps.registry;
  const { timers, turns, logger } = deps;
  const reactor = new Reactor({
    name: 'controllers',
    storage,
    hub,
    clock: timers,
    turns,
    logger,
    controllers: controllerList(deps),
  });
  await reactor.start();
  return {
    stop: () => reactor.stop(),
    settled: () => reactor.settled(),
    units: () => Object.keys(controllerFactories),
  };
}

export interface SharedControllersOptions extends Pick<WorkSharesOptions, 'replica' | 'silentMs' | 'beatMs'> {
  /** Other work that one replica does at a time, by name. Called when it has become this replica's. */
  chores: Readonly<Record<string, () => HeldWork>>;
}

/** Starts the controllers that are this replica's share; each is run by one replica at a time, which stands where the last one stood. */
export async function startSharedControllers(
  deps: ControllerDeps,
  options: SharedControllersOptions,
): Promise<RunningControllers> {
  const { storage, hub } = deps.registry;
  const { timers: clock, turns, logger } = deps;
  const { chores, ...own } = options;
  const reactors = new Set<Reactor>();
  const shares = new WorkShares({
    ...own,
    storage,
    hub,
    clock,
    logger,
    units: [...Object.keys(controllerFactories), ...Object.keys(chores)],
    async begin(unit, hold) {
      const chore = chores[unit];
      if (chore !== undefined) return chore();
      const controllers = [(controllerFactories[unit] as ControllerFactory)(deps)];
      const reactor = new Reactor({ name: unit, storage, hub, clock, turns, logger, controllers, hold });
      await reactor.start();
      reactors.add(reactor);
      return {
        async stop(why) {
          reactors.delete(reactor);
          await reactor.stop(why);
        },
      };
    },
  });
  await shares.start();
  return {
    units: () => shares.units,
    stop: () => shares.stop(),
    async settled() {
      await shares.balanced();
      await Promise.all([...reactors].map((reactor) => reactor.settled()));
    },
  };
}
