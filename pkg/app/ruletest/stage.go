package ruletest

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// chunk is how many lines of a sequence are in a batch.
const chunk = 4096

// stage runs lines through what a service runs them through: the parser of a
// format and the detector.
type stage struct {
	book    *detect.Rulebook // all rules and correlations
	singles *detect.Detector // of the rules alone: they remember nothing
	skipped map[*sigma.Rule]string
}

func newStage(c *sigma.Collection) *stage {
	rules := detect.NewRulebook(&sigma.Collection{Rules: c.Rules, Filters: c.Filters}, detect.RulebookOptions{})
	s := &stage{
		book:    detect.NewRulebook(c, detect.RulebookOptions{}),
		singles: detect.New(detect.Options{Rulebook: rules, Finished: true}),
		skipped: map[*sigma.Rule]string{},
	}
	for _, skipped := range rules.Skipped() {
		s.skipped[skipped.Rule] = skipped.Reason
	}
	return s
}

// played is what became of lines.
type played struct {
	unread []unread
	found  map[string][]finding.Finding // by rule
}

// play runs lines, in their order, and shows each batch to see.
func (s *stage) play(about subject, log *Log, lines []Text, see func(*event.Batch)) (played, error) {
	p := played{found: map[string][]finding.Finding{}}
	detector := s.singles
	if about.correlation != nil {
		detector = detect.New(detect.Options{Rulebook: s.book, Finished: true})
	}
	var out detect.Result
	at, done := event.Position{Line: 1}, 0
	for part := range slices.Chunk(lines, chunk) {
		b, bad, next, err := log.read(part, at)
		if err != nil {
			return p, err
		}
		for _, u := range bad {
			p.unread = append(p.unread, unread{done + u.index, u.reason})
		}
		detector.Detect(b, &out)
		p.take(&out)
		see(b)
		at, done = next, done+len(part)
	}
	if about.correlation != nil {
		detector.Finish(&out)
		p.take(&out)
	}
	return p, nil
}

func (p *played) take(out *detect.Result) {
	for _, f := range out.Findings {
		p.found[f.Rule] = append(p.found[f.Rule], f)
	}
}
