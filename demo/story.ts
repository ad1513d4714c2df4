import { styleText } from 'node:util';

const started = performance.now();

/** A headline. */
export function chapter(title: string): void {
  process.stdout.write(`\n${styleText('bold', title)}\n`);
}

/** One short line, with the seconds since the start. */
export function tell(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`${styleText('dim', `${seconds}s`)}  ${text}\n`);
}

/** What went against the story. Ends the demo with its message. */
export class PlotHole extends Error {}

/** @throws PlotHole unless it holds */
export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new PlotHole(what);
}
