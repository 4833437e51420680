package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Terminal colours, all empty when the output is no terminal.
type colours struct{ dim, bold, red, green, yellow, off string }

func coloursFor(out *os.File) colours {
	info, err := out.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || os.Getenv("NO_COLOR") != "" {
		return colours{}
	}
	return colours{"\x1b[2m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"}
}

// timeline prints what happens, with the time since the touch in front.
type timeline struct {
	out    io.Writer
	colour colours
	zero   time.Time // the touch
}

func newTimeline(out *os.File) *timeline {
	return &timeline{out: out, colour: coloursFor(out)}
}

func (t *timeline) print(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, format+"\n", args...) // a closed output is nothing to act on
}

// head begins a part of the story.
func (t *timeline) head(title string) {
	t.print("\n%s%s%s", t.colour.bold, title, t.colour.off)
}

// note prints a line without a time.
func (t *timeline) note(format string, args ...any) {
	t.print("  "+format, args...)
}

// at prints what happened at a moment.
func (t *timeline) at(when time.Time, format string, args ...any) {
	since := float64(when.Sub(t.zero)) / float64(time.Millisecond)
	t.print("  %s%+9.1f ms%s  %s", t.colour.dim, since, t.colour.off, fmt.Sprintf(format, args...))
}

// status shows an HTTP status by what it means here.
func (t *timeline) status(code int) string {
	switch code {
	case 200:
		return t.colour.green + "200" + t.colour.off
	case 403:
		return t.colour.red + "403" + t.colour.off
	}
	return fmt.Sprintf("%s%d%s", t.colour.yellow, code, t.colour.off)
}

// verdict prints whether something held.
func (t *timeline) verdict(held bool, what string) {
	sign, colour := "yes", t.colour.green
	if !held {
		sign, colour = "NO ", t.colour.red
	}
	t.print("  %s%s%s  %s", colour, sign, t.colour.off, what)
}
