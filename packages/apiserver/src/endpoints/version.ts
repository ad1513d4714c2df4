/** apimachinery's version.Info. `gitVersion` names the Kubernetes level that is spoken, with Canopy's own version behind it. */
export interface VersionInfo {
  major: string;
  minor: string;
  gitVersion: string;
  gitCommit: string;
  gitTreeState: string;
  buildDate: string;
  goVersion: string;
  compiler: string;
  platform: string;
}

const kubernetesLevel = { major: '1', minor: '37' };

export function versionInfo(canopyVersion: string, build: { commit: string; date: string }): VersionInfo {
  return {
    ...kubernetesLevel,
    gitVersion: `v${kubernetesLevel.major}.${kubernetesLevel.minor}.0+canopy-${canopyVersion}`,
    gitCommit: build.commit,
    gitTreeState: 'clean',
    buildDate: build.date,
    goVersion: `node${process.versions.node}`,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
