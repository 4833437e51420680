package ruletest

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Limits of a sequence.
const (
	maxTimes = 100_000 // of a repeat
	maxLines = 300_000 // of all repeats of a sequence
)

// checker checks a test file by itself.
type checker struct {
	file     *File
	mistakes mistake.List
}

func (c *checker) add(at sigma.Place, hint, format string, args ...any) {
	c.mistakes = append(c.mistakes, mistake.Mistake{
		File: c.file.Name, Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (c *checker) all() {
	c.source(&c.file.Source)
	if _, err := accesslog.NewReader(accesslog.Options{Format: c.file.Format.Text, Pattern: c.file.Pattern}); err != nil {
		c.add(c.file.Format.Place, "honeymoat formats list names all formats", "%s", err)
	}
	if len(c.file.Tests) == 0 {
		c.add(sigma.Place{}, `write "tests:" and below it "- match:" with log lines`, "it holds no test")
	}
	for i := range c.file.Tests {
		c.test(&c.file.Tests[i])
	}
}

func (c *checker) source(s *Source) {
	c.oneOf(s.Kind, "source.kind", event.Access.String(), event.Decoy.String())
	c.oneOf(s.Direction, "source.direction", event.Ingress.String(), event.Egress.String())
	if _, err := s.zone(); err != nil {
		c.add(s.TimeZone.Place, "want a name such as Europe/Berlin, America/New_York or UTC", "source.time_zone: %s", err)
	}
	for _, hop := range s.TrustedHops {
		if _, err := netip.ParsePrefix(hop.Text); err != nil {
			c.add(hop.Place, "write it as 10.0.0.0/8", "source.trusted_hops: %q is no prefix", hop.Text)
		}
	}
}

func (c *checker) oneOf(t Text, what string, allowed ...string) {
	if slices.Contains(allowed, t.Text) {
		return
	}
	hint := fmt.Sprintf("want one of %v", allowed)
	if near := mistake.Nearest(t.Text, allowed); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	c.add(t.Place, hint, "%s: %q is not known here", what, t.Text)
}

func (c *checker) test(t *Test) {
	if len(t.Match)+len(t.Near)+len(t.Sequences) == 0 {
		c.add(t.place(), "give it lines under match, near or sequences", "the test %q has no lines", t.Rule.Text)
	}
	for i := range t.Sequences {
		c.sequence(&t.Sequences[i])
	}
}

func (c *checker) sequence(s *Sequence) {
	c.oneOf(s.Want, "want", wantMatch, wantSilent)
	if (len(s.Lines) == 0) == (len(s.Repeat) == 0) {
		c.add(s.Want.Place, "give it either lines or repeat", "the sequence %q has to have lines or a repeat", s.Name.Text)
	}
	total := 0
	for i := range s.Repeat {
		c.repeat(&s.Repeat[i])
		total += s.Repeat[i].Times
	}
	if total > maxLines {
		c.add(s.Want.Place, "", "the sequence %q has %d lines, more than %d", s.Name.Text, total, maxLines)
	}
}

func (c *checker) repeat(r *Repeat) {
	if r.Times < 1 || r.Times > maxTimes {
		c.add(r.Line.Place, "", "times is %d; want 1 to %d", r.Times, maxTimes)
	}
	if r.Every < 0 {
		c.add(r.Line.Place, "", "every is %s; want no negative time", r.Every)
	}
	if _, err := r.start(); err != nil {
		c.add(r.Start.Place, "write it as 2025-10-10T13:00:00Z", "start: %q is no time", r.Start.Text)
	}
	if _, err := parseTemplate(r.Line.Text, c.file.Time); err != nil {
		c.add(r.Line.Place, "known are {i}, {i%N}, {i+M}, {i%N+M} and {time}", "%s", err)
	}
}

// What a sequence may want.
const (
	wantMatch  = "match"
	wantSilent = "silent"
)
