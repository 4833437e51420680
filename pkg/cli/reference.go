package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/reference"
)

// Reference is everything that the operator of honeymoat can set or meet.
func Reference(version string) reference.Program {
	return reference.Program{
		Root: Root(version, nil),
		Keys: config.Keys(config.DefaultService()),
		Environment: []reference.Row{
			{Name: configEnv, Meaning: "Configuration file, in place of --config."},
			{Name: urlEnv, Meaning: "URL of the service, in place of --url."},
			{Name: tokenEnv, Meaning: "Token for the API, in place of --token-file."},
			{Name: caEnv, Meaning: "Certificate of the authority, in place of --ca."},
			{Name: "HONEYMOAT_ENGINE", Meaning: "Path of libchdb.so, where store.engine.library is not set."},
		},
		Ports: []reference.Row{
			{Name: "127.0.0.1:8440", Meaning: "The front: API, agents' stream, metrics, health (TLS). `api.listen`."},
			{Name: "127.0.0.1:8441", Meaning: "CrowdSec's bouncers on this host, without TLS; off unless `api.bouncer_listen` is set."},
			{Name: "127.0.0.1:8123", Meaning: "ClickHouse's HTTP interface of the embedded engine, with password. `store.engine.listen`."},
			{Name: "0.0.0.0:4440", Meaning: "The bus for agents (TLS); off unless `bus.listen` is set."},
			{Name: "127.0.0.1:4442", Meaning: "The decoy responder; off unless `decoys.responder.listen` is set."},
		},
		Directories: []reference.Row{
			{Name: "data_dir/bus", Meaning: "JetStream's streams, encrypted with secrets/bus.key."},
			{Name: "data_dir/store", Meaning: "The embedded engine's data."},
			{Name: "data_dir/alertmanager", Meaning: "Silences and the notification log of the embedded Alertmanager."},
			{Name: "data_dir/secrets", Meaning: "Keys and passwords, a file each; viewer.password is for Grafana and people."},
			{Name: "data_dir/quarantine", Meaning: "Raw bytes of records that could not be parsed, to be read again: `honeymoat quarantine retry`."},
			{Name: "data_dir/intel", Meaning: "Threat feeds, a folder each: the last body that was whole, and what is known of it."},
			{Name: "data_dir/positions.json", Meaning: "How far each log has been read; positions.json.lock is its lock."},
			{Name: "data_dir/tokens.yaml", Meaning: "Hashes of the API's tokens. `api.token_file`."},
			{Name: "data_dir/admin.token", Meaning: "The first admin's token, for commands on this host. Delete it once you have others."},
			{Name: "data_dir/ca.pem", Meaning: "Certificate of honeymoat's own authority, for clients."},
			{Name: "data_dir/decoy.log", Meaning: "The decoy responder's log. `decoys.responder.log`."},
		},
		ExitCodes: command.ExitCodes(),
	}
}

func referenceCommand(version string) *cobra.Command {
	return &cobra.Command{
		Use: "reference", Short: "Print the reference of commands, flags, keys and files as Markdown.", Args: command.Exactly(0),
		Run: func(c *cobra.Command, _ []string) { fmt.Fprint(c.OutOrStdout(), Reference(version).Markdown()) },
	}
}
