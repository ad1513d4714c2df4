/** One setting. Flags, environment variables and `--help` all come from this table. */
export interface OptionDeclaration {
  /** Flag without dashes. */
  name: string;
  /** What stands for the value in `--help`. */
  value: string;
  /** Environment variable; undefined for none. */
  variable?: string;
  default: string;
  help: string;
}

export const optionTable = [
  {
    name: 'kubeconfig',
    value: 'FILE',
    variable: 'KUBECONFIG',
    default: '.canopy/admin.kubeconfig',
    help: 'How to reach the control plane, and as whom.',
  },
  { name: 'context', value: 'NAME', default: '', help: "Context of the kubeconfig. Default: the file's current one." },
  {
    name: 'workspace',
    value: 'PATH',
    variable: 'CANOPY_POSTGRES_WORKSPACE',
    default: 'root:providers:db',
    help: 'Workspace that the API is exported from.',
  },
  {
    name: 'postgres-url',
    value: 'URL',
    variable: 'CANOPY_POSTGRES_URL',
    default: '',
    help: 'Server to use, as postgresql://superuser:password@host:5432/postgres. Default: start an embedded one. Better in the environment than on the command line, where others see it.',
  },
  {
    name: 'root-directory',
    value: 'DIR',
    variable: 'CANOPY_ROOT_DIRECTORY',
    default: '.canopy',
    help: 'The embedded server keeps its data in the folder postgres below this one.',
  },
  {
    name: 'public-host',
    value: 'HOST[:PORT]',
    variable: 'CANOPY_POSTGRES_PUBLIC_HOST',
    default: '',
    help: 'Where consumers reach the server, if not where the provider does.',
  },
  {
    name: 'allow-extensions',
    value: 'NAMES',
    variable: 'CANOPY_POSTGRES_ALLOW_EXTENSIONS',
    default: '',
    help: 'Extensions, separated by commas, that may be ordered beside those PostgreSQL marks as trusted; * for all.',
  },
  {
    name: 'refresh-seconds',
    value: 'N',
    variable: 'CANOPY_POSTGRES_REFRESH_SECONDS',
    default: '60',
    help: 'Time between two looks at a delivered database: its size, and whether all is still as ordered.',
  },
  {
    name: 'log-level',
    value: 'LEVEL',
    variable: 'CANOPY_POSTGRES_LOG_LEVEL',
    default: 'info',
    help: 'What goes to standard error: debug, info, warn or error.',
  },
] as const satisfies readonly OptionDeclaration[];

export type OptionName = (typeof optionTable)[number]['name'];
export type OptionValues = Record<OptionName, string>;
