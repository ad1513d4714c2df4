import type { JsonObject } from '@canopy/apimachinery';
import { applyMergePatch, deepCopy } from '@canopy/apimachinery';
import type { PostgresDatabase, Secret } from '../api/postgres-database.ts';
import type { OrderWorkspace } from '../orders/order-reconcile.ts';
import { finalizer } from '../orders/order-reconcile.ts';

/** A namespace with one order, in memory: what a consumer's workspace is to a reconcile. */
export class MemoryWorkspace implements OrderWorkspace {
  order: PostgresDatabase | undefined;
  readonly secrets = new Map<string, Secret>();

  constructor(order: PostgresDatabase) {
    this.order = order;
  }

  async readSecret(name: string): Promise<Secret | undefined> {
    return deepCopy(this.secrets.get(name));
  }

  async createSecret(secret: Secret): Promise<boolean> {
    const { name = '' } = secret.metadata;
    if (this.secrets.has(name)) return false;
    this.secrets.set(name, deepCopy(secret));
    return true;
  }

  async patchSecret(name: string, patch: object): Promise<Secret> {
    const patched = applyMergePatch(this.secrets.get(name) as unknown as JsonObject, patch as JsonObject);
    this.secrets.set(name, patched as unknown as Secret);
    return patched as unknown as Secret;
  }

  async deleteSecret(secret: Secret): Promise<void> {
    this.secrets.delete(secret.metadata.name ?? '');
  }

  async addFinalizer(order: PostgresDatabase): Promise<PostgresDatabase> {
    this.order = { ...order, metadata: { ...order.metadata, finalizers: [finalizer] } };
    return this.order;
  }

  async removeFinalizer(): Promise<void> {
    this.order = undefined;
  }

  async writeStatus(order: PostgresDatabase, status: PostgresDatabase['status']): Promise<void> {
    this.order = { ...order, status };
  }

  /** What the Secret's only key says. */
  textOf(key: string): string {
    const [secret] = this.secrets.values();
    return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  }
}
