// Preloaded into a server (`--import`), in all its threads: the time of day is ahead of the machine's by as many
// milliseconds as the file named by CLOCK_SHIFT_FILE says, from the moment that it says so. What does not follow the time
// of day, such as timers and `performance.now`, goes on undisturbed, as when somebody sets the clock of a machine.
import { readFileSync, watch } from 'node:fs';

const file = process.env['CLOCK_SHIFT_FILE'] as string;
const RealDate = Date;
let shift = 0;

function read(): void {
  const text = readFileSync(file, 'utf8');
  if (text !== '') shift = Number(text);
}

read();
watch(file, { persistent: false }, read);
const now = (): number => RealDate.now() + shift;
globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [now()] : args, self),
  get: (target, property, self) => (property === 'now' ? now : Reflect.get(target, property, self)),
});
