package agentcli

import (
	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/reference"
)

// Program is what the reference says about honeymoat-agent.
func Program() reference.Program {
	return reference.Program{
		Root: Root("dev", nil),
		Keys: config.Keys(config.DefaultAgent()),
		Environment: []reference.Row{
			{Name: configEnv, Meaning: "Configuration file, where --config is not given."},
			{Name: "HTTPS_PROXY, NO_PROXY", Meaning: "Proxy towards the service, for enrolment and the HTTP stream."},
		},
		Ports: []reference.Row{
			{Name: "unix:/run/honeymoat/agent.sock", Meaning: "Where the gateway asks (enforce.listen). A unix socket or loopback only."},
			{Name: "decoys.responder.listen", Meaning: "The decoy responder. Off by default."},
			{Name: "metrics.listen", Meaning: "/metrics and /healthz. Off by default."},
		},
		Directories: []reference.Row{
			{Name: "state_dir/" + gateway.CredentialFile, Meaning: "The agent's credential. Readable by its owner only."},
			{Name: "state_dir/" + agent.StateFile, Meaning: "The blocks held, for a start without the service, and the keys under which users, keys, tokens and sessions are matched. Readable by its owner only."},
			{Name: "state_dir/" + gateway.ControlSocket, Meaning: "Where the running agent answers `honeymoat-agent decide` and `blocks`. For its owner only."},
			{Name: "state_dir/touches.json", Meaning: "Touches of decoys that the service does not have yet."},
			{Name: "state_dir/" + gateway.PositionsFile, Meaning: "How far each log has been shipped."},
		},
		ExitCodes: command.ExitCodes(),
	}
}
