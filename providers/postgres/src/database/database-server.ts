/** Where consumers connect to. */
export interface ServerEndpoint {
  host: string;
  port: number;
  /** Goes into URIs as it is, e.g. `sslmode=require`; empty for none. */
  parameters: string;
}

/** One order's place on a server. */
export interface DatabasePlace {
  database: string;
  /** The login that owns the database, and owns nothing else. */
  role: string;
}

/** `NotAllowed`: the operator has not allowed it; `Unavailable`: the server does not have it; `Failed`: it could not be made. */
export interface ExtensionProblem {
  extension: string;
  problem: 'NotAllowed' | 'Unavailable' | 'Failed';
  message: string;
}

/**
 * What orders need of a PostgreSQL server. All calls can be repeated, and bring what is there to what is asked. All reject
 * with `ServerFailure`.
 */
export interface DatabaseServer {
  readonly endpoint: ServerEndpoint;

  /** Makes the role, without a password, or corrects its rights and limit. `note` is for operators. */
  ensureRole(role: string, options: { connectionLimit: number; note: string }): Promise<void>;

  /** Makes the database, closed to everybody but its owner. `NameTaken` when one of that name belongs to another role. */
  ensureDatabase(place: DatabasePlace, options: { connectionLimit: number; note: string }): Promise<void>;

  /** Makes the role's password this one, if it is not already. */
  ensurePassword(role: string, password: string): Promise<void>;

  /** Creates what is missing of the extensions; what cannot be created is told, one by one. */
  ensureExtensions(database: string, extensions: readonly string[]): Promise<ExtensionProblem[]>;

  /** Bytes on disk. */
  sizeOf(database: string): Promise<number>;

  /** Drops the database, ending its connections, if it belongs to the role; then the role. */
  drop(place: DatabasePlace): Promise<void>;

  /** Leaves the database, and closes it: its owner can log in no more. */
  keep(place: DatabasePlace): Promise<void>;

  close(): Promise<void>;
}
