/** Stored bytes, for looking for a text in them: what a change is about is mostly seen without parsing it. Shares the memory. */
export function textOf(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

const deletionMark = Buffer.from('"deletionTimestamp"');

/** Whether a stored object is being deleted. */
export function isMarked(value: Uint8Array): boolean {
  return textOf(value).includes(deletionMark);
}

const statusText = Buffer.from(',"status":{');

/**
 * Where the status of a stored object begins, which comes after metadata and spec; -1 when it has none. Values of labels
 * and annotations cannot look like it, since quotes in them are escaped.
 */
export function statusStart(text: Buffer): number {
  return text.indexOf(statusText);
}
