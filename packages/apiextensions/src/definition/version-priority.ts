const versionPattern = /^v(\d+)(?:(alpha|beta)(\d+)?)?$/;

interface Parsed {
  /** 2 for stable versions, 1 for beta, 0 for alpha. */
  stability: number;
  major: number;
  minor: number;
}

function parse(version: string): Parsed | undefined {
  const match = versionPattern.exec(version);
  if (match === null) return undefined;
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return { stability, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

/**
 * Sorts versions best first: stable before beta before alpha, newer before older, then everything that is not of the
 * Kubernetes form in alphabetical order. Source: Kubernetes documentation, "Versions in CustomResourceDefinitions",
 * section "Version priority".
 */
export function compareVersionPriority(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}
