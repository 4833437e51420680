package ruletest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Repeat is a line that is written many times, at times that lie evenly
// apart. In it, {i} counts from 0, {i%N} and {i%N+M} count around, and {time}
// is the time of the line.
type Repeat struct {
	Line  Text          `yaml:"line"`
	Times int           `yaml:"times"`
	Every time.Duration `yaml:"every"`
	Start Text          `yaml:"start"` // RFC 3339; default DefaultStart
}

// DefaultStart is when a repeat without a start begins.
const DefaultStart = "2025-10-10T13:00:00Z"

func (r *Repeat) start() (time.Time, error) {
	if r.Start.Text == "" {
		return time.Parse(time.RFC3339Nano, DefaultStart)
	}
	return time.Parse(time.RFC3339Nano, r.Start.Text)
}

// expand gives the lines of a sequence: as written, or those of all repeats
// by their times; at equal times in the order of the repeats.
func (s *Sequence) expand(layout string) ([]Text, error) {
	if len(s.Repeat) == 0 {
		return s.Lines, nil
	}
	var all []timedLine
	for i := range s.Repeat {
		lines, err := s.Repeat[i].expand(layout)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	slices.SortStableFunc(all, func(a, b timedLine) int { return a.at.Compare(b.at) })
	texts := make([]Text, len(all))
	for i := range all {
		texts[i] = all[i].Text
	}
	return texts, nil
}

type timedLine struct {
	Text
	at time.Time
}

func (r *Repeat) expand(layout string) ([]timedLine, error) {
	start, err := r.start()
	if err != nil {
		return nil, err
	}
	line, err := parseTemplate(r.Line.Text, layout)
	if err != nil {
		return nil, err
	}
	lines := make([]timedLine, r.Times)
	for i := range lines {
		at := start.Add(time.Duration(i) * r.Every)
		lines[i] = timedLine{Text{Text: line.write(i, at), Place: r.Line.Place}, at}
	}
	return lines, nil
}

// template is a line with holes: text[0] hole[0] text[1] … text[n].
type template struct {
	text  []string
	holes []func(i int, at time.Time) string
}

func parseTemplate(line, layout string) (template, error) {
	// Braces around anything else are the line's own.
	looksLikeHole := regexp.MustCompile(`\{\s*(?:i|time)(?:[^A-Za-z0-9_"':{}][^{}]*)?\}`)
	t, done := template{}, 0
	for _, at := range looksLikeHole.FindAllStringIndex(line, -1) {
		hole, err := parseHole(line[at[0]:at[1]], layout)
		if err != nil {
			return template{}, err
		}
		t.text, t.holes = append(t.text, line[done:at[0]]), append(t.holes, hole)
		done = at[1]
	}
	t.text = append(t.text, line[done:])
	return t, nil
}

func parseHole(hole, layout string) (func(int, time.Time) string, error) {
	if hole == "{time}" {
		return func(_ int, at time.Time) string { return writeTime(at, layout) }, nil
	}
	parts := regexp.MustCompile(`^\{i(?:%([0-9]{1,9}))?(?:\+([0-9]{1,9}))?\}$`).FindStringSubmatch(hole)
	if parts == nil || parts[1] != "" && strings.Trim(parts[1], "0") == "" {
		return nil, fmt.Errorf("%s is not known", hole)
	}
	around, _ := strconv.Atoi(parts[1]) // digits, or nothing: 0
	more, _ := strconv.Atoi(parts[2])
	return func(i int, _ time.Time) string {
		if around > 0 {
			i %= around
		}
		return strconv.Itoa(i + more)
	}, nil
}

func (t template) write(i int, at time.Time) string {
	var s strings.Builder
	for h, hole := range t.holes {
		s.WriteString(t.text[h])
		s.WriteString(hole(i, at))
	}
	s.WriteString(t.text[len(t.holes)])
	return s.String()
}

// Names of ways to write a time that Go's layouts cannot say, or that are
// worth a short name.
const (
	clfTime     = "clf"
	rfc3339Time = "rfc3339"
	unixTime    = "unix"
	unixMsTime  = "unix_ms"
)

// layoutOf is how a format writes times.
func layoutOf(format string) string {
	switch format {
	case "", "combined", "clf", "apache", "nginx", "traefik-clf":
		return clfTime
	case "haproxy":
		return "02/Jan/2006:15:04:05.000"
	case "krakend":
		return "2006/01/02 - 15:04:05"
	case "w3c", "iis":
		return "2006-01-02 15:04:05"
	case "caddy":
		return unixTime
	case "kong":
		return unixMsTime
	}
	return rfc3339Time
}

func writeTime(at time.Time, layout string) string {
	switch layout {
	case clfTime:
		return at.UTC().Format("02/Jan/2006:15:04:05 -0700")
	case rfc3339Time:
		return at.UTC().Format(time.RFC3339Nano)
	case unixTime:
		return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)
	case unixMsTime:
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.UTC().Format(layout)
}
