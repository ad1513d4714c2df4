/** One setting of `canopy start`. Flags, environment variables and `--help` all come from this table. */
export interface OptionDeclaration {
  /** Flag without dashes; the environment variable is `CANOPY_` and the name in upper case with underscores. */
  name: string;
  /** What stands for the value in `--help`. */
  value: string;
  default: string;
  help: string;
}

export const optionTable = [
  {
    name: 'root-directory',
    value: 'DIR',
    default: '.canopy',
    help: 'Where the database, the certificates and admin.kubeconfig are kept. Made when it does not exist.',
  },
  { name: 'bind-address', value: 'IP', default: '127.0.0.1', help: 'Address to listen on; 0.0.0.0 or :: for all.' },
  { name: 'secure-port', value: 'PORT', default: '6443', help: 'Port of the HTTPS server; 0 takes a free one.' },
  {
    name: 'external-hostname',
    value: 'HOST',
    default: '',
    help: 'Host name that clients use; goes into URLs and into the certificate. Default: the bind address.',
  },
  {
    name: 'token-auth-file',
    value: 'FILE',
    default: '',
    help: 'CSV file of static bearer tokens: token,user,uid,"group1,group2".',
  },
  {
    name: 'client-ca-file',
    value: 'FILE',
    default: '',
    help: 'PEM bundle; client certificates signed by it authenticate as their common name, with their organizations as groups.',
  },
  {
    name: 'audit-log-path',
    value: 'FILE',
    default: '',
    help: 'Write an audit event per request to this file, a JSON document per line; - is standard output.',
  },
  {
    name: 'audit-policy-file',
    value: 'FILE',
    default: '',
    help: 'Audit policy (audit.k8s.io/v1 Policy) that says what is logged. Default: metadata of every request.',
  },
  {
    name: 'etcd-servers',
    value: 'URLS',
    default: '',
    help: 'Comma-separated etcd endpoints (http:// or https://). Any number of servers on the same etcd are replicas of one another. Default: an embedded database in the root directory.',
  },
  {
    name: 'etcd-cafile',
    value: 'FILE',
    default: '',
    help: 'PEM bundle that the certificates of https etcd endpoints are verified with.',
  },
  { name: 'etcd-certfile', value: 'FILE', default: '', help: 'PEM client certificate for etcd.' },
  { name: 'etcd-keyfile', value: 'FILE', default: '', help: 'PEM key of the client certificate for etcd.' },
  { name: 'etcd-prefix', value: 'PREFIX', default: '/canopy', help: 'What all keys in etcd start with.' },
  {
    name: 'shard-external-url',
    value: 'URL',
    default: '',
    help: 'What the URLs of workspaces start with, where that is not this server itself but what stands before it. Default: the URL of this server.',
  },
  {
    name: 'shard-virtual-workspace-url',
    value: 'URL',
    default: '',
    help: 'What the URLs of virtual workspaces start with. Default: the external URL.',
  },
  { name: 'shard-name', value: 'NAME', default: 'root', help: 'Name of this shard.' },
  {
    name: 'history-changes',
    value: 'COUNT',
    default: '100000',
    help: 'Changes that a watch can resume over in any case; older ones stay for --history-seconds.',
  },
  { name: 'history-seconds', value: 'SECONDS', default: '300', help: 'Time for which a watch can resume in any case.' },
  {
    name: 'request-timeout',
    value: 'DURATION',
    default: '1m0s',
    help: 'Time after which a request that is no watch is answered with 504; requests may ask for less with ?timeout=.',
  },
  {
    name: 'api-threads',
    value: 'COUNT',
    default: '1',
    help: 'Threads that answer requests; connections are spread over them. Each takes about 50 MB and one core.',
  },
  {
    name: 'log-level',
    value: 'LEVEL',
    default: 'warn',
    help: 'What goes to the log on standard error: trace, debug, info, warn, error or silent.',
  },
] as const satisfies readonly OptionDeclaration[];

export type OptionName = (typeof optionTable)[number]['name'];
export type OptionValues = Record<OptionName, string>;

export function environmentName(name: string): string {
  return `CANOPY_${name.toUpperCase().replaceAll('-', '_')}`;
}
