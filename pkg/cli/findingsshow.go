package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func findingsShow(r remote) *cobra.Command {
	return showCommand(r, "show ID", "Show one finding: what it rests on, what it caused, and what can be said to it.", 1,
		func(c *cobra.Command, api *client.Client, args []string) (wire.Finding, error) {
			return api.Finding(c.Context(), args[0])
		}, printFinding)
}

func printFinding(w io.Writer, f wire.Finding) {
	fmt.Fprintln(w, whole(f.Title, f.Reason))
	actor := actorName(f.Actor.Kind, f.Actor.Value)
	rows := [][2]string{
		{"about", actor}, {"when", clock(f.Time)}, {"suggests", f.Tier.String()}, {"score", fmt.Sprintf("%.2f", f.Score)},
		{"family", string(f.Family)}, {"rule", f.Rule + ", version " + f.RuleVersion}, {"api", f.API}, {"owner", f.Owner}, {"caused block", f.BlockID},
	}
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(w, "  %-13s %s\n", row[0], row[1])
		}
	}
	printSightings(w, f.Sightings)
	if f.Discarded {
		fmt.Fprintln(w, "It does not count: an analyst discarded it (honeymoat discards list).")
		return
	}
	fmt.Fprintf(w, "All about the actor: honeymoat actors show %s\n", actor)
	fmt.Fprintf(w, "It was right: honeymoat findings keep %s --reason …; it was none: honeymoat findings discard %s --reason …\n", f.ID, f.ID)
}

// whole is a finding's title with its reason, which may begin with it.
func whole(title, reason string) string {
	if strings.HasPrefix(reason, title) {
		return reason
	}
	return title + ": " + reason
}

// printSightings tells by what a finding was seen.
func printSightings(w io.Writer, list []finding.Sighting) {
	if len(list) == 0 {
		return
	}
	t := newTable(w, "request", "answered", "seen by", "event")
	for _, s := range list[:min(most, len(list))] {
		t.AppendRow(table.Row{strings.TrimSpace(s.Method + " " + s.Host + s.Path), answered(s.Status), placeOf(s), cmp.Or(s.Record, "–")})
	}
	t.Render()
	printRest(w, len(list), "--json lists all")
	if s := list[0]; s.Record != "" {
		fmt.Fprintf(w, "Which rules match the request, and why: honeymoat rules explain --event %s\n", s.Record)
	}
}

func answered(status int64) string {
	if status == 0 {
		return "–"
	}
	return fmt.Sprint(status)
}

// placeOf is where a sighting is: the line of a log, or the gateway.
func placeOf(s finding.Sighting) string {
	place := cmp.Or(s.File, s.Gateway)
	if s.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, s.Line)
	}
	return fmt.Sprintf("%s (%s)", s.Via, place)
}
