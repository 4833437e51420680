package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// overview is how the service does, and what waits for a person.
type overview struct {
	wire.Status
	Breaker   wire.Breaker    `json:"breaker"`
	Approvals []wire.Approval `json:"approvals"` // oldest first
	Stopped   []rollout.Logic `json:"stopped"`   // rollouts that are held or were rolled back
	Away      []block.Agent   `json:"away"`      // agents that are enrolled and not connected
	Actors    []wire.Actor    `json:"actors"`    // the most urgent
}

func statusCommand() *cobra.Command {
	var wait time.Duration
	asJSON := false
	c := &cobra.Command{
		Use: "status", Args: command.Exactly(0),
		Short: "Tell how the service does, what waits for a person, and what was found.",
	}
	r := remoteFlags(c)
	c.Flags().DurationVar(&wait, "wait", 0, "Wait for so long until every part is ready, and fail if one is not then.")
	jsonFlag(c, &asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		status, api, err := waitReady(c.Context(), r, wait)
		if err != nil {
			return err
		}
		defer api.Close()
		o, err := look(c.Context(), api, status)
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(c.OutOrStdout(), o)
		} else {
			printOverview(c.OutOrStdout(), o)
		}
		if wait == 0 { // a service whose store is away goes on blocking
			return err
		}
		return errorOr(err, unready(status))
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

// look asks for what a status alone does not tell. All of it is in the
// service's memory: it is known with the store down.
func look(ctx context.Context, api *client.Client, status wire.Status) (overview, error) {
	o := overview{Status: status}
	var errs [5]error
	o.Breaker, errs[0] = api.Breaker(ctx)
	o.Approvals, errs[1] = collect(api.Approvals(ctx))
	o.Stopped, errs[2] = collect(filtered(api.Rollouts(ctx, client.RolloutFilter{}), stopped))
	o.Away, errs[3] = collect(filtered(api.Agents(ctx), func(a block.Agent) bool { return !a.Connected && !a.Revoked }))
	o.Actors, _, errs[4] = take(api.Actors(ctx), most)
	return o, errors.Join(errs[:]...)
}

func stopped(l rollout.Logic) bool {
	return l.State == rollout.Held || l.State == rollout.RolledBack
}

// unready is the error of a service of which a part is not ready.
func unready(s wire.Status) error {
	var names []string
	for _, p := range s.Parts {
		if !p.Ready {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("not ready: %s", strings.Join(names, ", "))
}

// configurationPart is the part that is ready whatever is wrong with files: what
// was in force before still is.
const configurationPart = "configuration"

func printOverview(w io.Writer, o overview) {
	fmt.Fprintf(w, "honeymoat %s, up for %s: %s, %s connected\n",
		o.Version, time.Since(o.StartedAt).Round(time.Second), count(o.Blocks, "live block")+" (exemptions included)", count(o.Status.Agents, "agent"))
	for _, p := range o.Parts {
		switch {
		case !p.Ready:
			fmt.Fprintf(w, "  NOT READY %s: %s\n", p.Name, p.Detail)
		case p.Name == configurationPart && p.Detail != "":
			fmt.Fprintf(w, "  TO MEND: %s\n", p.Detail)
		}
	}
	printAttention(w, o)
	if o.Quarantined != nil && *o.Quarantined > 0 {
		fmt.Fprintf(w, "%s in quarantine: honeymoat quarantine list\n", count(*o.Quarantined, "record"))
	}
	printActors(w, o.Actors)
	if len(o.Actors) == most {
		fmt.Fprintln(w, "These are the most urgent; all: honeymoat actors list")
	}
}

// printAttention tells what a person has to look at, with the command for it.
func printAttention(w io.Writer, o overview) {
	if o.Breaker.Held {
		fmt.Fprintf(w, "  HELD automatic blocking, since %s: %s. To see: honeymoat blocks breaker; to go on: honeymoat blocks resume --reason …\n",
			clock(o.Breaker.Since), o.Breaker.Reason)
	}
	if n := len(o.Approvals); n > 0 {
		first := slices.MinFunc(o.Approvals, func(a, b wire.Approval) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
		fmt.Fprintf(w, "  WAITING for a person: %s, the first until %s: honeymoat blocks approvals\n", count(n, "request"), clock(first.ExpiresAt))
	}
	for _, l := range o.Stopped[:min(most, len(o.Stopped))] {
		fmt.Fprintf(w, "  %s at %s: the rollout of %s, version %s, since %s: %s. To see: honeymoat rollouts show %s\n",
			strings.ToUpper(string(l.State)), l.Stage, l.Rule, l.Version, clock(l.Since), waitsFor(l), l.Rule)
	}
	for _, a := range o.Away[:min(most, len(o.Away))] {
		fmt.Fprintf(w, "  AWAY agent %s beside %s%s: it enforces what it had.\n", a.Name, a.Gateway, since(a.LastSeen))
	}
	printRest(w, max(len(o.Stopped), len(o.Away)), "honeymoat rollouts list, honeymoat agents list")
}

// since is from when on an agent is away, where that is known.
func since(seen time.Time) string {
	if seen.IsZero() {
		return ""
	}
	return ", since " + clock(seen)
}
