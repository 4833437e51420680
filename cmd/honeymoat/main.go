// Command honeymoat is the service and the operator's tool.
package main

import (
	"os"

	"github.com/honeymoat/honeymoat/pkg/cli"
	"github.com/honeymoat/honeymoat/pkg/command"
)

// version is set when the program is linked.
var version = "dev"

func main() {
	os.Exit(command.Main(version, cli.Run))
}
