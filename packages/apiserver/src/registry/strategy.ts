import type { FieldError, FieldSet, KubeObject } from '@canopy/apimachinery';
import type { IndexEntry, Transaction } from '@canopy/storage';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ClusterAccess } from './logical-cluster.ts';

/** What a strategy may know of the request it serves. */
export interface StrategyContext {
  access: ClusterAccess;
  user: UserInfo;
  /** RFC 3339, seconds. */
  now: string;
  dryRun: boolean;
}

/**
 * What is special about a kind. Every hook is optional: the generic registry does metadata, defaulting, schema
 * validation, pruning, generation, managed fields, finalizers and storage by itself. Hooks get objects in the storage
 * version and may mutate the new object, never the old one.
 */
export interface Strategy {
  /** Normalise a new object (clear status is done already when the kind has a status subresource). */
  prepareForCreate?(object: KubeObject, context: StrategyContext): void;
  /** Rules beyond the schema. */
  validateCreate?(object: KubeObject, context: StrategyContext): FieldError[];
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  validateUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): FieldError[];
  /** Writes through `/status`; spec and most metadata are restored from the old object before this is called. */
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  validateStatusUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): FieldError[];
  /** Secondary index rows besides the generic ones (owner uid, deletion, labels declared here). */
  indexes?(object: KubeObject): IndexEntry[];
  /** Field selectors besides metadata.name and metadata.namespace: selector path → value of an object. */
  selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Cells of the kind's Table row in the order of its printer columns, where JSONPath does not suffice. */
  tableCells?(object: KubeObject, nowMs: number): unknown[];
  /** Warning headers. */
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];
  /** Objects live this long after their last write (Events). */
  timeToLiveSeconds?(object: KubeObject): number | undefined;
  /** Whether `metadata.generation` counts changes of the desired state; older core kinds have none. Default true. */
  tracksGeneration?: boolean;
  /** PUT on a missing name creates it. */
  allowCreateOnUpdate?: boolean;
  /** PUT without a resourceVersion overwrites whatever is there. Default true. */
  allowUnconditionalUpdate?: boolean;
  /**
   * Called inside a graceful delete of an object without deletionTimestamp; true means the object must stay (marked
   * as being deleted) although it has no finalizers, as namespaces do. May mutate the object that is going to be stored.
   */
  beginDeletion?(object: KubeObject, context: StrategyContext): boolean;
  /** True when a marked object with no finalizers may disappear. Default: always. */
  mayDisappear?(object: KubeObject): boolean;
  /**
   * Further writes that belong to the creation of this object, in the same transaction. May adjust the object
   * (it is called after admission and validation, right before it is encoded). When one of its compares does not hold
   * at commit, the whole creation is tried again.
   */
  alongsideCreate?(object: KubeObject, context: StrategyContext): Promise<Transaction>;
  /** Fields that users cannot own through server-side apply, per subresource (`''` is the main resource). */
  resetFields?(subresource: string): FieldSet;
}

export const defaultStrategy: Strategy = {};
