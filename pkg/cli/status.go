package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func statusCommand() *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{Use: "status", Short: "Tell how the service does and what was found.", Args: command.Exactly(0)}
	r := remoteFlags(c)
	c.Flags().DurationVar(&wait, "wait", 0, "Wait for so long until every part is ready.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		status, api, err := waitReady(c.Context(), r, wait)
		if err != nil {
			return err
		}
		defer api.Close()
		printStatus(c.OutOrStdout(), status)
		actors, err := collect(api.Actors(c.Context()))
		if err != nil {
			return err
		}
		printActors(c.OutOrStdout(), actors)
		return nil
	}
	return c
}

// waitReady asks until every part is ready, or gives the last answer when the
// time is up. The files by which the service is reached may appear meanwhile.
func waitReady(ctx context.Context, r remote, wait time.Duration) (wire.Status, *client.Client, error) {
	deadline := time.Now().Add(wait)
	for {
		var status wire.Status
		api, err := r.connect()
		if err == nil {
			if status, err = api.Status(ctx); err == nil && (status.Ready || !time.Now().Before(deadline)) {
				return status, api, nil
			}
			api.Close()
		}
		if command.IsUsage(err) || !time.Now().Before(deadline) {
			return wire.Status{}, nil, err
		}
		select {
		case <-ctx.Done():
			return wire.Status{}, nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// configurationPart is the part that is ready whatever is wrong with files: what
// was in force before still is.
const configurationPart = "configuration"

func printStatus(w io.Writer, s wire.Status) {
	fmt.Fprintf(w, "honeymoat %s, up for %s: %s, %s connected\n",
		s.Version, time.Since(s.StartedAt).Round(time.Second), count(s.Blocks, "live block"), count(s.Agents, "agent"))
	if s.Quarantined != nil && *s.Quarantined > 0 {
		fmt.Fprintf(w, "%s in quarantine: honeymoat quarantine list\n", count(*s.Quarantined, "record"))
	}
	for _, p := range s.Parts {
		switch {
		case !p.Ready:
			fmt.Fprintf(w, "  NOT READY %s: %s\n", p.Name, p.Detail)
		case p.Name == configurationPart && p.Detail != "":
			fmt.Fprintf(w, "  TO MEND: %s\n", p.Detail)
		}
	}
}

func decoysCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a decoy catalogue and start nothing.", Args: command.Exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return command.Usage(fmt.Errorf("read catalogue: %w", err))
			}
			catalogue, err := decoy.Parse(decoy.Source{Name: args[0], Data: data})
			if err != nil {
				return command.Usage(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d decoys, no mistake\n", len(catalogue.Decoys()))
			return nil
		},
	}
}
