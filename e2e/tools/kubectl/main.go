// Command kubectl is the stock command line client, built from its published module
// so that the end-to-end tests can drive Canopy with a current release.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	root := cmd.NewDefaultKubectlCommand()
	if err := cli.RunNoErrOutput(root); err != nil {
		cmdutil.CheckErr(err)
		os.Exit(1)
	}
}
