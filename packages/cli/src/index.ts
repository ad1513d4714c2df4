export { clientProgram } from './programs/client-program.ts';
export { processIo } from './programs/process-io.ts';
export { runProgram } from './programs/run-program.ts';
export type { CliIo } from './session/cli-io.ts';
