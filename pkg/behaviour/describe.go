package behaviour

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Description says what a detector is, what it needs and what it cannot see.
type Description struct {
	ID        string           `json:"id"`    // "object-enumeration"
	Title     string           `json:"title"` // one line for people
	Families  []finding.Family `json:"families"`
	Needs     []string         `json:"needs"`            // event fields without which it cannot run
	AnyOf     []string         `json:"any_of,omitempty"` // event fields of which one has to be there as well; none = nothing more
	Better    []string         `json:"better,omitempty"` // event fields that it uses where they are there
	Fast      bool             `json:"fast"`             // it runs on the stream; else over days, from the store
	WarmUp    string           `json:"warm_up"`          // what has to be seen before it says anything
	CannotSee string           `json:"cannot_see"`
}

// Detectors describes the detectors of the stream. What is listed is not to be
// changed.
func Detectors() []Description {
	list := make([]Description, detectors)
	for d := range detectors {
		list[d] = describe(d)
	}
	return list
}

// Unable lists the detectors of the stream that cannot run on a source whose
// records have only these fields.
func Unable(fields ...string) []string {
	var ids []string
	for d := range detectors {
		if what := describe(d); !what.Able(fields) {
			ids = append(ids, what.ID)
		}
	}
	return ids
}

// Able tells whether the detector can run where only these fields are known.
func (d Description) Able(fields []string) bool {
	for _, need := range d.Needs {
		if !slices.Contains(fields, need) {
			return false
		}
	}
	return len(d.AnyOf) == 0 || slices.ContainsFunc(d.AnyOf, func(f string) bool { return slices.Contains(fields, f) })
}

func describe(d detector) Description {
	what := descriptions[d]
	what.ID, what.Fast = d.String(), true
	return what
}

// String is the detector's id.
func (d detector) String() string {
	return [detectors]string{
		ObjectEnumeration, ForeignObjects, CredentialStuffing, DistributedGuessing, GuessedCredential, SharedCredential,
		Scraping, PageWalk, Exfiltration, OddOrder, MachinePace, BrowserImpostor,
	}[d]
}
