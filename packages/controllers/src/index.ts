export {
  type ControllerFactory,
  controllerFactories,
  controllerList,
  type RunningControllers,
  startControllers,
  startSharedControllers,
} from './controller-list.ts';
export { BackgroundTurns } from './runtime/background-turns.ts';
export type { AddKey, Controller, ControllerLogger, KeySink } from './runtime/controller.ts';
export type { ControllerDeps } from './runtime/controller-deps.ts';
export { Reactor, type ReactorOptions } from './runtime/reactor.ts';
