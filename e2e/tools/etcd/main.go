// Command etcd is the stock server, built from its published module so that tests can run Canopy on a current release.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
