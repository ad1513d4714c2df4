import { kcpProgram } from '../programs/kcp-program.ts';
import { processIo } from '../programs/process-io.ts';
import { runProgram } from '../programs/run-program.ts';

const io = processIo(process);
process.exitCode = await runProgram(kcpProgram(io), process.argv.slice(2), io);
