package ruletest

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// nearness tells how near a rule that does not hold comes, between 0 and 1.
// It is 0 unless a search holds that asks for more than what nearly all
// requests have in common.
func nearness(x *match.Explanation) float64 {
	if x.Held || x.Reason != "" || !telling(&x.Condition) {
		return 0
	}
	return share(&x.Condition)
}

// share is how much of a step holds. What must not hold is left aside.
func share(s *match.Step) float64 {
	var sum, best, parts float64
	for i := range s.Steps {
		if s.Steps[i].Kind == match.NotStep {
			continue
		}
		part := share(&s.Steps[i])
		sum, best, parts = sum+part, max(best, part), parts+1
	}
	switch {
	case s.Kind == match.ItemStep && s.Held:
		return 1
	case parts == 0:
		return 0
	case s.Kind == match.OrStep:
		return best
	}
	return sum / parts
}

// telling tells whether a search holds, outside of not, that has an item about
// something else than method, status and the like.
func telling(s *match.Step) bool {
	if s.Kind == match.NotStep {
		return false
	}
	if s.Kind == match.SearchStep && s.Held && specific(s) {
		return true
	}
	for i := range s.Steps {
		if telling(&s.Steps[i]) {
			return true
		}
	}
	return false
}

// specific tells whether a step has an item that holds of few requests.
func specific(s *match.Step) bool {
	if s.Kind == match.ItemStep && s.Held {
		name, _, _ := strings.Cut(s.Text, "|")
		f, _ := match.FieldOf(name)
		switch f.Name() {
		case "method", "cs-method", "status", "sc-status", "protocol", "cs-version", "kind", "direction", "source", "gateway", "format":
			return false
		}
		return true
	}
	for i := range s.Steps {
		if specific(&s.Steps[i]) {
			return true
		}
	}
	return false
}
