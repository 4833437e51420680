package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Describe says an anomaly in words: a title of one line, and a reason with
// what was expected and seen, since when, how rare that is, and who or what
// carries it. Times are those of Statistic.Since's zone.
func Describe(a *Anomaly) (title, reason string) {
	title = titleOf(a)
	reason = strings.Join(clauses(a), "; ")
	if len(a.Also) > 0 {
		reason += "; also off: " + listed(a.Also)
	}
	return title, title + ": " + reason
}

func titleOf(a *Anomaly) string {
	where := whereOf(&a.Key)
	switch a.Statistic.Shape {
	case finding.Silent:
		return capital(where) + " is silent"
	case finding.Single:
		return capital(where) + ": " + sizeNoun(a.Measure) + " of " + Quantity(a.Statistic.Seen, "bytes")
	case finding.First:
		return capital(where) + " works for " + strings.Join(firstOf(a), " by ") + " for the first time"
	case finding.Shift:
		return capital(where) + ": " + a.Measure.String() + " stay at another level"
	}
	return capital(where) + " " + verbOf(a)
}

// capital makes a title begin like one, unless it begins with a name.
func capital(s string) string {
	if s == series.WholeName {
		return "All traffic"
	}
	for _, name := range [...]string{"gateway ", "source ", "network ", "application ", "address "} {
		if strings.HasPrefix(s, name) {
			return strings.ToUpper(s[:1]) + s[1:]
		}
	}
	return s
}

func firstOf(a *Anomaly) []string {
	kind := "somebody"
	for _, p := range a.Statistic.Parts {
		if p.Kind == "principal kind" {
			kind = "a " + p.Value
			if p.Value == "anonymous" {
				kind = "anonymous clients"
			}
		}
	}
	return []string{kind}
}

func sizeNoun(m series.Measure) string {
	if m == series.RequestBytes {
		return "one request"
	}
	return "one response"
}

// verbOf says what a place does.
func verbOf(a *Anomaly) string {
	up := a.Statistic.Seen >= a.Statistic.Expected
	slowly := ""
	if a.Statistic.Shape == finding.Drift {
		slowly = "more and more "
	}
	switch a.Measure {
	case series.ServerErrors:
		return slowlyOr(slowly, "answers 5xx")
	case series.ClientErrors:
		return slowlyOr(slowly, "answers 4xx")
	case series.Latency50, series.Latency95:
		if slowly != "" {
			return "gets slower"
		}
		return "is slow"
	case series.OddHeaders:
		return "gets headers that it hardly ever had"
	case series.OddQueries:
		return "gets query keys that it hardly ever had"
	case series.OddFormats:
		return "answers as it hardly ever did"
	case series.RequestBytes, series.ResponseBytes:
		return "has " + larger(up) + " " + strings.TrimSuffix(a.Measure.String(), " bytes") + "s"
	}
	return "has " + more(up) + " " + a.Measure.String()
}

func slowlyOr(slowly, verb string) string {
	if slowly == "" {
		return verb
	}
	return verb + " " + strings.TrimSpace(slowly)
}

func larger(up bool) string {
	if up {
		return "larger"
	}
	return "smaller"
}

func more(up bool) string {
	if up {
		return "more"
	}
	return "fewer"
}

func clauses(a *Anomaly) []string {
	s := &a.Statistic
	list := []string{seenOf(a) + ", " + spanOf(s)}
	if a.Early {
		list = append(list, "nothing was learnt of it yet")
	} else if s.Shape != finding.First {
		list = append(list, Rarity(s.Probability))
	}
	return append(list, carriedOf(a)...)
}

// seenOf says what was seen, and what was expected.
func seenOf(a *Anomaly) string {
	s := &a.Statistic
	switch s.Shape {
	case finding.Silent:
		if a.Step == 2*hour && s.Expected == 1 {
			return "nothing came when something always did"
		}
		return "no request, where " + Number(s.Expected) + " were expected"
	case finding.First:
		return "it had worked for others only"
	case finding.Single:
		return "the mean is " + Quantity(s.Expected, "bytes") + ", the largest before were " + Quantity(s.Upper, "bytes")
	}
	text := Quantity(s.Seen, s.Unit)
	if a.Measure.Kind() == baseline.Share && a.Weight > 0 {
		text = fmt.Sprintf("%s of %s requests", Percent(s.Seen), Number(a.Weight))
	}
	expected := ", expected " + bare(s.Expected, s.Unit)
	switch {
	case s.Seen >= s.Expected && s.Upper > 0:
		expected += " (at most " + bare(s.Upper, s.Unit) + ")"
	case s.Seen < s.Expected && s.Lower > 0:
		expected += " (at least " + bare(s.Lower, s.Unit) + ")"
	}
	return text + expected
}

// bare is a quantity without the words that were said before.
func bare(v float64, unit string) string {
	switch unit {
	case "of the answers", "of the requests":
		return Percent(v)
	case "s", "bytes", "bytes a request", "bytes a response":
		return Quantity(v, strings.SplitN(unit, " ", 2)[0])
	}
	return Number(v)
}

func spanOf(s *finding.Statistic) string {
	since := clockOf(s.Since)
	if s.Until.IsZero() {
		return "since " + since
	}
	return "from " + since + " to " + clockOf(s.Until)
}

func clockOf(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// carriedOf says who and what carries a change: the three largest parts.
func carriedOf(a *Anomaly) (list []string) {
	if a.Statistic.Shape == finding.First {
		return nil
	}
	for i, p := range a.Statistic.Parts {
		if i == 3 {
			break
		}
		list = append(list, fmt.Sprintf("%s of it %s %s", Percent(p.Share), by(p.Kind), partName(&p)))
	}
	return list
}

func by(kind string) string {
	switch kind {
	case "address", "prefix", "principal", "network", "user agent":
		return "by"
	case "status":
		return "with"
	}
	return "at"
}

func partName(p *finding.Part) string {
	switch p.Kind {
	case "address", "principal", "route", "prefix":
		return p.Value
	}
	return p.Kind + " " + p.Value
}

func listed(list []series.Measure) string {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.String()
	}
	return strings.Join(names, ", ")
}
