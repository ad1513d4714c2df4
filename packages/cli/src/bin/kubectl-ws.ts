import { processIo } from '../programs/process-io.ts';
import { runProgram } from '../programs/run-program.ts';
import { wsProgram } from '../programs/ws-program.ts';

const io = processIo(process);
process.exitCode = await runProgram(wsProgram(io), process.argv.slice(2), io);
