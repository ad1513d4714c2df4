import { readFileSync } from 'node:fs';
import { parseYamlDocument } from '@canopy/apimachinery';
import type { CompletedConfig } from '../config/complete-config.ts';
import type { Logger } from '../logger.ts';
import { UsageError } from '../options/parse-options.ts';
import { AuditLog } from './audit-log.ts';
import { metadataPolicy, parseAuditPolicy } from './audit-policy.ts';

/** The audit log that the settings ask for; undefined for none. A policy that cannot be read stops the start. */
export async function openAuditLog(
  config: Pick<CompletedConfig, 'auditLogPath' | 'auditPolicyFile'>,
  logger: Logger,
): Promise<AuditLog | undefined> {
  const { auditLogPath, auditPolicyFile } = config;
  if (auditLogPath === undefined) {
    if (auditPolicyFile !== undefined) throw new UsageError('--audit-policy-file needs --audit-log-path');
    return undefined;
  }
  const policy = auditPolicyFile === undefined ? metadataPolicy : await readPolicy(auditPolicyFile);
  return new AuditLog(auditLogPath, policy, (error) => logger.error({ error: error.message }, 'audit log'));
}

async function readPolicy(file: string) {
  try {
    return parseAuditPolicy(await parseYamlDocument(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new UsageError(`--audit-policy-file ${file}: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}
