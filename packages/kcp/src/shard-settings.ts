/** The one shard that this server is, as placement sees it. */
export interface ShardSettings {
  name: string;
  /** `https://host:port`, what Workspace URLs start with. */
  externalUrl: string;
  virtualWorkspaceUrl: string;
  region?: string;
  /** PEM bundle that clients verify the server with. */
  rootCa: string;
  /** Whether a `spec.location.selector` admits this shard. Undefined admits every shard. */
  matches(selector: LocationSelector | undefined): boolean;
}

export interface LocationSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}
