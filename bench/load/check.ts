import type { AnswerCheck } from './plan.ts';

interface SomeObject {
  kind?: string;
  metadata?: { name?: string };
  details?: { name?: string };
  items?: { metadata?: { name?: string } }[];
}

/** Throws unless the body is the object, or the list, that the request asked for. */
export function checkBody(body: Buffer, check: AnswerCheck, number: number): void {
  const object = JSON.parse(body.toString()) as SomeObject;
  if (check.name !== undefined) {
    const wanted = check.name.replaceAll('#', String(number));
    // A Status names what it is about in its details.
    const name = object.kind === 'Status' ? object.details?.name : object.metadata?.name;
    if (name !== wanted) throw new Error(`an answer was about ${name}, not about ${wanted}`);
  }
  if (check.items === undefined) return;
  const named = object.items?.filter((item) => item.metadata?.name !== undefined).length;
  if (named !== check.items) throw new Error(`a list had ${named} objects with names, not ${check.items}`);
}
