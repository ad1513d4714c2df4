import { gzipFast } from '../negotiation/compression.ts';

/** An encoded document with what it is served with. */
export interface EncodedDocument {
  body: Buffer;
  gzip: Buffer;
}

/**
 * Least-recently-used cache of documents, bounded by their bytes. A document that is being made is made once, however
 * many ask for it; one that fails is forgotten. A single document larger than the bound is not kept.
 */
export class DocumentCache {
  private readonly maxBytes: number;
  private readonly entries = new Map<string, { document: Promise<EncodedDocument>; bytes: number }>();
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes of the documents that are kept. */
  get size(): number {
    return this.bytes;
  }

  get(key: string, build: () => Buffer): Promise<EncodedDocument> {
    const known = this.entries.get(key);
    if (known !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known.document;
    }
    const entry = { document: encode(build), bytes: 0 };
    this.entries.set(key, entry);
    entry.document.then(
      ({ body, gzip }) => {
        if (this.entries.get(key) !== entry) return;
        entry.bytes = body.length + gzip.length;
        this.bytes += entry.bytes;
        this.shrink();
      },
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry.document;
  }

  private shrink(): void {
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.maxBytes) return;
      this.entries.delete(key);
      this.bytes -= entry.bytes;
    }
  }
}

async function encode(build: () => Buffer): Promise<EncodedDocument> {
  const body = build();
  return { body, gzip: await gzipFast(body) };
}
