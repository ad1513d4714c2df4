import type { TLSSocket } from 'node:tls';
import type { KubeObject } from '@canopy/apimachinery';
import type { IndexEntry } from '@canopy/storage';
import type { AdmissionPlugin } from '../admission/admission.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { AuthorizationAttributes, Authorizer } from '../authorization/authorizer.ts';
import type { Access, LogicalClusterName } from '../registry/logical-cluster.ts';
import type { ApiSurface, ServedResource } from '../registry/served-resource.ts';
import type { RequestInfo } from './request-info.ts';

/** A request as it came in, whatever carried it. One object that the steps of the chain enrich: never copy it. */
export interface IncomingRequest {
  /** Upper-case HTTP method. */
  method: string;
  /** Path without the query, undecoded. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Reads the body once: no promise if it is there already. 413 over the limit, 400 when the peer breaks off. */
  body(): Uint8Array | Promise<Uint8Array>;
  /** Aborted when the peer is gone or the server stops. */
  readonly signal: AbortSignal;
  /** Whether the peer is gone, or nobody waits for the answer any more: cheaper than to ask the signal. */
  readonly aborted: boolean;
  /** When its time is over, in milliseconds of `performance.now()`. Set when work on it begins. */
  endsAt?: number;
  /** Aborts the signal: it was answered before the work has ended, or has to end. */
  giveUp?(reason: Error): void;
  /** Told when the request begins and ends to wait for its turn: while many of a connection do, nothing more is read of it. */
  waits?(yes: boolean): void;
  socket?: TLSSocket;
  /** Identity of an in-process caller; never set for requests from outside. */
  inProcessUser?: UserInfo;
  /** Unique id of this request, echoed as `Audit-Id`. */
  auditId: string;
  /** Warning texts for the client, in order. */
  warnings: string[];
  /** Run when the response is complete (streams: when they end), with the bytes of a complete answer's body. */
  onFinish: ((bytes: number) => void)[];
  /** Run when a stream is about to begin: what was to be done at once is done. */
  onAnswer?: () => void;
  auditAnnotations: Record<string, string>;
}

/** Which logical cluster a path names. Unresolved ones are carried on and answered with 403 after authentication. */
export type ClusterTarget =
  | { kind: 'cluster'; name: LogicalClusterName }
  | { kind: 'wildcard' }
  | { kind: 'none' }
  | { kind: 'unresolved' };

/** A restriction that a domain puts on what a request sees of a resource. */
export interface Restriction {
  /** Objects for which it is false do not exist for the caller. Gets the storage version. */
  visible?(object: KubeObject): boolean;
  /** An index that contains every visible object. */
  index?: IndexEntry;
}

/** One API as seen under one URL prefix: the workspaces, or one virtual workspace with its key. */
export interface ApiDomain {
  readonly name: string;
  /** What stands before `/clusters/…` in URLs; `''` for the workspaces. */
  readonly prefix: string;
  surface(target: ClusterTarget): ApiSurface | Promise<ApiSurface>;
  /** The resource that serves a request; undefined answers 404. */
  resource(target: ClusterTarget, info: RequestInfo): ServedResource | undefined | Promise<ServedResource | undefined>;
  readonly authorizer: Authorizer;
  /**
   * Why the caller is refused in a logical cluster that does not exist: what the authorizer says of one that has nothing
   * to do with this domain, so that nobody can probe for names. Default: what is said of workspaces.
   */
  refusalOfUnknown?(attributes: AuthorizationAttributes): Promise<string>;
  /** Runs before the standard admission chain. */
  readonly admission: readonly AdmissionPlugin[];
  restriction?(target: ClusterTarget, resource: ServedResource): Promise<Restriction | undefined>;
}

export interface ClusterContext extends IncomingRequest {
  domain: ApiDomain;
  target: ClusterTarget;
  /** Domain prefix and `/clusters/<as written>`: what links in answers start with. */
  urlPrefix: string;
  /** Path behind the prefix. */
  apiPath: string;
}

export interface InfoContext extends ClusterContext {
  info: RequestInfo;
}

/** The place of a request among those that are worked on. */
export interface Seat {
  /** Gives the place to others until the body is there, and takes one again. */
  awayFor(body: Promise<Uint8Array>): Promise<Uint8Array>;
}

export interface UserContext extends InfoContext {
  /** After impersonation, where it was asked for. */
  user: UserInfo;
  authenticator: string;
  /** The real user behind an impersonated one. */
  impersonator?: UserInfo;
  /** Of those whose body is waited for. */
  seat?: Seat;
}

declare const authorizedBrand: unique symbol;

/** Only the authorization filter makes these; handlers and registry calls need one. */
export interface AuthorizedContext extends UserContext {
  readonly access: Access | undefined;
  /** An update or a patch that creates its object needs the permission to create too, as in Kubernetes. 403 without. */
  checkMayCreate(): Promise<void>;
  readonly [authorizedBrand]: true;
}
