import { createWorkspaceProgram } from '../programs/create-program.ts';
import { processIo } from '../programs/process-io.ts';
import { runProgram } from '../programs/run-program.ts';

const io = processIo(process);
process.exitCode = await runProgram(createWorkspaceProgram(io), process.argv.slice(2), io);
