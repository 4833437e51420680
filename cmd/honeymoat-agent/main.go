// Command honeymoat-agent enforces honeymoat's blocks beside a gateway.
package main

import (
	"os"

	"github.com/honeymoat/honeymoat/pkg/agentcli"
	"github.com/honeymoat/honeymoat/pkg/command"
)

// version is set when the program is linked.
var version = "dev"

func main() {
	os.Exit(command.Main(version, agentcli.Run))
}
