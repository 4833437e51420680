package httpapi

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// titleOf is what people call a rule, a decoy or a detector that is in force;
// "" for what is not, and for what has another title each time.
func (s *Server) titleOf(rule string) string {
	if id, ok := strings.CutPrefix(rule, decoy.RuleID("")); ok {
		if d, known := s.options.Catalogue().ByID(id); known {
			return "Decoy touched: " + d.Title
		}
	}
	for _, detectors := range [][]behaviour.Description{behaviour.Detectors(), slow.Detectors()} {
		for _, d := range detectors {
			if behaviour.RulePrefix+d.ID == rule {
				return d.Title
			}
		}
	}
	if r, err := s.options.Rules.Rule(rule); err == nil {
		return r.Title
	}
	return ""
}

func (s *Server) contributionOf(c evidence.Contribution) wire.Contribution {
	return wire.Contribution{Contribution: c, Title: s.titleOf(c.Rule)}
}

func (s *Server) opinionOf(o evidence.Opinion) wire.Opinion {
	return wire.Opinion{Opinion: o, Title: s.titleOf(o.Rule)}
}
