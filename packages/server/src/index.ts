export type { CompletedConfig } from './config/complete-config.ts';
export { completeConfig } from './config/complete-config.ts';
export type { OptionName, OptionValues } from './options/option-table.ts';
export { parseOptions, UsageError } from './options/parse-options.ts';
export type { RunningServer } from './run.ts';
export { run } from './run.ts';
