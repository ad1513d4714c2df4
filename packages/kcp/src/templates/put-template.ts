import type { Clock, Identifiers, Registry } from '@canopy/apiserver';
import type { IndexEntry, Operation, StorageKey } from '@canopy/storage';

/** What stands in a template for a value that is filled in later: a text that nothing else contains. */
export function slot(name: string): string {
  return `\u{e000}${name}\u{e001}`;
}

const slotPattern = /\u{e000}(.*?)\u{e001}/u;
/** What the clock of {@link templateRegistry} says. */
const templateTime = '1970-01-01T00:00:00Z';

/** A registry by which objects get the slots `uid` and `now` instead of what identifies them. */
export function templateRegistry(registry: Registry): Registry {
  const clock: Clock = { now: () => 0 };
  const ids: Identifiers = { uuid: () => slot('uid'), suffix: (length) => registry.ids.suffix(length) };
  return { ...registry, clock, ids };
}

/** By slot name; `now` is RFC 3339. */
export type SlotTexts = Readonly<Record<string, string>>;

/** What goes into the slots of any number of templates: as it is, and as it stands in JSON. */
export class SlotValues {
  readonly plain: SlotTexts;
  readonly escaped: SlotTexts;

  constructor(plain: SlotTexts) {
    const escaped: Record<string, string> = {};
    for (const name of Object.keys(plain)) escaped[name] = JSON.stringify(plain[name]).slice(1, -1);
    this.plain = plain;
    this.escaped = escaped;
  }
}

/** Texts with the names of slots between them: text, name, text, name, …, text. */
class SlottedText {
  private readonly pieces: readonly string[];

  constructor(text: string) {
    this.pieces = text.replaceAll(templateTime, slot('now')).split(slotPattern);
  }

  fill(values: SlotTexts, uid: string): string {
    const { pieces } = this;
    let text = pieces[0] as string;
    for (let i = 1; i < pieces.length; i += 2) {
      const name = pieces[i] as string;
      text += name === 'uid' ? uid : values[name];
      text += pieces[i + 1];
    }
    return text;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The write of an object that only differs from others in a few texts: encoded once, filled in many times. */
export class PutTemplate {
  private readonly key: SlottedText;
  private readonly value: SlottedText;
  private readonly indexes: readonly { index: string; value: SlottedText }[];

  /** `operation` writes an object with slots where the values go. */
  constructor(operation: Operation) {
    if (operation.type !== 'put' || operation.lease !== undefined) throw new Error('only plain writes have a template');
    this.key = new SlottedText(operation.key);
    this.value = new SlottedText(decoder.decode(operation.value));
    this.indexes = (operation.indexes ?? []).map(({ index, value }) => ({ index, value: new SlottedText(value) }));
  }

  /** `uid` is a UUID. */
  fill({ plain, escaped }: SlotValues, uid: string): Operation {
    return {
      type: 'put',
      key: this.key.fill(plain, uid) as StorageKey,
      value: encoder.encode(this.value.fill(escaped, uid)),
      indexes: this.indexes.map(({ index, value }): IndexEntry => ({ index, value: value.fill(plain, uid) })),
    };
  }
}

/** A text with slots that are filled in as they are. */
export function fillText(text: string, values: SlotTexts): string {
  return new SlottedText(text).fill(values, '');
}
