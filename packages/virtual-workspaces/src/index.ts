export {
  ApiExportVirtualWorkspace,
  type ApiExportVirtualWorkspaceOptions,
} from './apiexport/apiexport-virtual-workspace.ts';
export { ConsumerBindings } from './apiexport/consumer-bindings.ts';
