package ruletest

import (
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Lists are what a record is held against besides rules.
type Lists struct {
	Catalogue  *decoy.Catalogue   // nil: no decoys
	Indicators *detect.Indicators // nil: no threat feeds
	Internal   []netip.Prefix
}

// Known is a decoy that a record touches, or a threat feed that knows it.
type Known struct {
	Rule            string         `json:"rule"` // "decoy.env-file", "intel.FEED"
	Family          finding.Family `json:"family"`
	Tier            finding.Tier   `json:"tier"`
	Title           string         `json:"title"`
	Reason          string         `json:"reason"`
	LifetimeSeconds int64          `json:"lifetime_seconds,omitempty"` // of the block that it asks for; 0 = none
	Shadow          bool           `json:"shadow,omitempty"`           // which would be recorded only
}

// Hold has records held against lists too.
func (e *Explainer) Hold(l Lists) { e.lists = &l }

// known is what a detector that knows nothing but the lists finds of a row;
// nil without lists.
func (e *Explainer) known(b *event.Batch, row int) []Known {
	if e.lists == nil {
		return nil
	}
	detector := detect.New(detect.Options{
		Catalogue: e.lists.Catalogue, Indicators: e.lists.Indicators, Internal: e.lists.Internal, Finished: true,
	})
	var found detect.Result
	detector.DetectRows(b, row, row+1, &found)
	list := []Known{}
	for i := range found.Findings {
		f := &found.Findings[i]
		list = append(list, Known{
			Rule: f.Rule, Family: f.Family, Tier: f.Tier, Title: f.Title, Reason: f.Reason,
			LifetimeSeconds: f.Wanted.LifetimeSeconds, Shadow: f.Wanted.Shadow,
		})
	}
	return list
}
