import type { DiscoveryDocuments } from './discovery.ts';

/** Discovery documents by the hash of their surface: least recently used, bounded by their bytes. The newest is kept in any case. */
export class DiscoveryCache {
  private readonly maxBytes: number;
  private readonly entries = new Map<string, { documents: DiscoveryDocuments; bytes: number }>();
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get(hash: string, render: () => DiscoveryDocuments): DiscoveryDocuments {
    const known = this.entries.get(hash);
    if (known !== undefined) {
      this.entries.delete(hash);
      this.entries.set(hash, known);
      return known.documents;
    }
    const documents = render();
    const bytes = bytesOf(documents);
    this.entries.set(hash, { documents, bytes });
    this.bytes += bytes;
    for (const [oldest, entry] of this.entries) {
      if (this.bytes <= this.maxBytes || oldest === hash) break;
      this.entries.delete(oldest);
      this.bytes -= entry.bytes;
    }
    return documents;
  }
}

function bytesOf({ legacy, aggregated }: DiscoveryDocuments): number {
  let bytes = 0;
  for (const body of legacy.values()) bytes += body.byteLength;
  for (const versions of aggregated.values()) for (const { body } of Object.values(versions)) bytes += body.byteLength;
  return bytes;
}
