export async function checkImpersonation(_input: unknown): Promise<never> {
  throw new Error('missing');
}
