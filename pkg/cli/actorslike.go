package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// sinceFlag is from when on the store is asked, by receipt.
func sinceFlag(c *cobra.Command) func() (time.Time, error) {
	since := c.Flags().String("since", "7d", "From when on, by receipt: an age such as 7d or 24h, a day such as 2026-01-02, or a time such as 2026-01-02T15:04:05Z.")
	return func() (time.Time, error) {
		at, err := moment(*since, time.Now())
		if err != nil {
			return at, command.Usage(fmt.Errorf("--since: %w", err))
		}
		return at, nil
	}
}

func actorsLinks(r remote) *cobra.Command {
	var since func() (time.Time, error)
	c := showActor(r, "links", "Tell with whom an actor was seen: addresses of a token, networks of a fingerprint; and who else was seen with them.",
		func(c *cobra.Command, api *client.Client, a finding.Actor) (wire.ActorLinks, error) {
			from, err := since()
			if err != nil {
				return wire.ActorLinks{}, err
			}
			return api.ActorLinks(c.Context(), a, from)
		}, printLinks)
	since = sinceFlag(c)
	return c
}

func printLinks(w io.Writer, v wire.ActorLinks) {
	if len(v.Links) == 0 {
		fmt.Fprintf(w, "%s was seen with nobody since %s.\n", v.Actor, clock(v.Since))
		return
	}
	fmt.Fprintf(w, "%s was seen since %s with:\n", v.Actor, clock(v.Since))
	t := newTable(w, "name", "requests", "first", "last", "others with it")
	for _, l := range v.Links[:min(most, len(v.Links))] {
		t.AppendRow(table.Row{l.Actor, l.Requests, clock(l.FirstSeen), clock(l.LastSeen), l.Others})
	}
	t.Render()
	printRest(w, len(v.Links), "--json lists all")
	if len(v.Linked) == 0 {
		return
	}
	fmt.Fprintln(w, "By these it is linked with:")
	t = newTable(w, "actor", "requests", "last", "through")
	for _, l := range v.Linked[:min(most, len(v.Linked))] {
		var through []string
		for _, a := range l.Through {
			through = append(through, a.String())
		}
		t.AppendRow(table.Row{l.Actor, l.Requests, clock(l.LastSeen), text.WrapSoft(strings.Join(through, ", "), 70)})
	}
	t.Render()
	printRest(w, len(v.Linked), "--json lists all")
}

func actorsSimilar(r remote) *cobra.Command {
	limit := 0
	var since func() (time.Time, error)
	c := showActor(r, "similar", "Tell who behaves like an actor, and in what: paths and their order, pace, user agent, fingerprint.",
		func(c *cobra.Command, api *client.Client, a finding.Actor) (wire.SimilarActors, error) {
			from, err := since()
			if err != nil {
				return wire.SimilarActors{}, err
			}
			return api.SimilarActors(c.Context(), a, from, limit)
		}, printSimilar)
	since = sinceFlag(c)
	c.Flags().IntVar(&limit, "limit", 10, "How many, at most 100.")
	return c
}

func printSimilar(w io.Writer, v wire.SimilarActors) {
	if v.Requests == 0 {
		fmt.Fprintf(w, "The store has no requests of %s since %s: there is nothing to compare.\n", v.Actor, clock(v.Since))
		return
	}
	fmt.Fprintf(w, "%s of %s since %s were held against %s with anything in common.\n",
		count(v.Requests, "request"), v.Actor, clock(v.Since), count(v.Compared, "other actor"))
	if len(v.Similar) == 0 {
		return
	}
	t := newTable(w, "actor", "alike", "requests", "in what, and how much of it that is")
	for _, s := range v.Similar {
		t.AppendRow(table.Row{s.Actor, fmt.Sprintf("%.0f%%", 100*s.Likeness), s.Requests, text.WrapSoft(partsText(s.Parts), 80)})
	}
	t.Render()
}

// partsTold is how many aspects a table tells.
const partsTold = 4

// partsText tells the aspects that count most.
func partsText(parts []wire.LikenessPart) string {
	var told []string
	for _, p := range parts[:min(partsTold, len(parts))] {
		if p.Share <= 0 {
			continue
		}
		s := fmt.Sprintf("%s %.0f%%", p.Aspect, 100*p.Share)
		if p.Common != "" {
			s += " (" + finding.Clip(strings.TrimSpace(p.Common), 60) + ")"
		}
		told = append(told, s)
	}
	return strings.Join(told, ", ")
}
