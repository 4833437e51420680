package cli

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func agentsCommand() *cobra.Command {
	parent, r := group("agents", "Enrol, list and revoke the agents beside the gateways.")
	parent.AddCommand(agentsEnroll(r), agentsList(r), agentsShow(r), ask(r, "revoke NAME", "Cut an agent off for good.", 1,
		func(c *cobra.Command, api *client.Client, args []string) error {
			if err := api.RevokeAgent(c.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is revoked: it gets no more blocks, and what it ships is refused.\n", args[0])
			return nil
		}))
	return parent
}

func agentsEnroll(r remote) *cobra.Command {
	var req wire.EnrolmentRequest
	var lifetime time.Duration
	c := ask(r, "enroll NAME", "Make a one-time token with which an agent enrols, and print it.", 1,
		func(c *cobra.Command, api *client.Client, args []string) error {
			req.Name, req.LifetimeSeconds = args[0], int64(lifetime/time.Second)
			if req.Gateway == "" {
				req.Gateway = args[0]
			}
			token, err := api.CreateEnrolment(c.Context(), req)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), token.Token)
			c.PrintErrf("on the gateway's host: honeymoat-agent enroll --url https://HOST:PORT --token TOKEN (once, until %s)\n", clock(token.ExpiresAt))
			return nil
		})
	c.Flags().StringVar(&req.Gateway, "gateway", "", "Gateway that the agent stands beside. Default: its name.")
	c.Flags().StringSliceVar(&req.Segments, "segment", nil, "Segments whose blocks the agent gets besides all.")
	c.Flags().DurationVar(&lifetime, "for", time.Hour, "How long the token is good.")
	return c
}

func agentsList(r remote) *cobra.Command {
	return listCommand(r, listing[block.Agent]{
		short: "List the agents and what they enforce.", print: printAgents,
		items: func(c *cobra.Command, api *client.Client) iter.Seq2[block.Agent, error] {
			return api.Agents(c.Context())
		},
	})
}

func printAgents(w io.Writer, agents []block.Agent) {
	if len(agents) == 0 {
		fmt.Fprintln(w, "No agent is enrolled yet; `honeymoat agents enroll NAME` makes a token for one.")
		return
	}
	t := newTable(w, "agent", "gateway", "segments", "state", "last seen", "enforcing", "gateways", "propagation")
	for _, a := range agents {
		var enforcing []string
		for segment, v := range a.Enforcing {
			enforcing = append(enforcing, fmt.Sprintf("%s: %s at revision %d", segment, count(v.Count, "block"), v.Revision))
		}
		slices.Sort(enforcing)
		t.AppendRow(table.Row{a.Name, a.Gateway, strings.Join(a.Segments, ", "), state(a.Connected, a.Revoked), unless(a.LastSeen.IsZero(), clock(a.LastSeen)),
			strings.Join(enforcing, "\n"), waysOf(&a), unless(a.PropagationMillis == 0, fmt.Sprintf("%.1f ms", a.PropagationMillis))})
	}
	t.Render()
}

// unless is what a table says, or a dash for what is not known: an agent that
// has not been heard of since the service started.
func unless(unknown bool, text string) string {
	if unknown {
		return "–"
	}
	return text
}

func state(connected, revoked bool) string {
	switch {
	case revoked:
		return "revoked"
	case connected:
		return "connected"
	}
	return "away"
}
