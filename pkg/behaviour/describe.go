package behaviour

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
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

// Detectors describes the detectors of the stream.
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
	what := descriptions()[d]
	what.ID, what.Fast = d.String(), true
	return what
}

func descriptions() [detectors]Description {
	actors := []string{
		event.ClientAddress.String(), event.User.String(), event.Principal.String(), event.Session.String(), event.Application.String(),
	}
	names := func(fields ...event.TextField) []string {
		var list []string
		for _, f := range fields {
			list = append(list, f.String())
		}
		return list
	}
	status, time, bytes := event.Status.String(), event.Time.String(), event.ResponseBytes.String()
	address := event.ClientAddress.String()
	const peers = "thirty actors of the same place, for an hour each or until they pause"
	return [detectors]Description{
		enumeration: {
			Title:    "Objects are walked through by their identifiers",
			Families: []finding.Family{finding.Object},
			Needs:    append(names(event.Route, event.Path), status, time), AnyOf: actors, Better: names(event.Query),
			WarmUp:    peers + " on the route",
			CannotSee: "identifiers in bodies; a walk that is spread over more actors than peers have objects each",
		},
		foreign: {
			Title:    "Objects of others are read",
			Families: []finding.Family{finding.Object},
			Needs:    append(names(event.Route, event.Path), status, time), AnyOf: names(event.User, event.Principal, event.Session, event.Application),
			WarmUp:    "thirty actors on a route on which each keeps to objects of his own, and six hours in which owners ask for them",
			CannotSee: "objects that nobody asked for since the start; routes whose objects belong to everybody; groups that share",
		},
		stuffing: {
			Title:    "Sign-ins from one address fail with many names or proofs",
			Families: []finding.Family{finding.Credential},
			Needs:    append(names(event.Method, event.Path), status, time, address), Better: names(event.User),
			WarmUp:    "twenty addresses that signed in on the same place",
			CannotSee: "forms that answer a wrong password with 200; how many names there were, where a refused record names none",
		},
		distributed: {
			Title:     "One name fails from many addresses",
			Families:  []finding.Family{finding.Credential},
			Needs:     append(names(event.User), status, time, address),
			WarmUp:    "twenty names that failed somewhere",
			CannotSee: "names that stand in bodies only",
		},
		guessed: {
			Title:    "A sign-in succeeded in the middle of guessing",
			Families: []finding.Family{finding.Credential},
			Needs:    append(names(event.Method, event.Path), status, time, address), Better: names(event.User, event.UserAgent),
			WarmUp:    "that of " + CredentialStuffing,
			CannotSee: "a success that comes from another address than the guessing",
		},
		shared: {
			Title:    "One token is used in two places at once",
			Families: []finding.Family{finding.Tokens},
			Needs:    []string{time, address}, AnyOf: names(event.User, event.Principal, event.Session),
			Better:    names(event.Network, event.Country, event.UserAgent, event.TLSFingerprint),
			WarmUp:    "thirty users, tokens, keys or sessions; two hours of the same user or key",
			CannotSee: "a thief on the network of the owner; one who takes turns with the owner by the hour; without network or country, one with the owner's user agent",
		},
		scraping: {
			Title:    "One actor fetches far more different pages than others",
			Families: []finding.Family{finding.Scraping},
			Needs:    append(names(event.Path), status, time), AnyOf: actors, Better: names(event.Route, event.UserAgent),
			WarmUp:    peers,
			CannotSee: "scraping that is spread over many addresses, each as modest as a person",
		},
		walk: {
			Title:    "A list is turned over page by page to its end",
			Families: []finding.Family{finding.Scraping},
			Needs:    append(names(event.Path, event.Query), status, time), AnyOf: actors, Better: names(event.Route),
			WarmUp:    peers + ", who turn pages of the same list",
			CannotSee: "page numbers in bodies",
		},
		exfiltration: {
			Title:    "Far more data went to one actor than to others, and than he ever took",
			Families: []finding.Family{finding.Exfiltration},
			Needs:    []string{bytes, status, time}, AnyOf: actors, Better: names(event.API, event.Tags, event.Sensitive),
			WarmUp:    peers,
			CannotSee: "small answers that matter; what is taken over days (that is for the store to tell)",
		},
		order: {
			Title:    "Somebody goes ways through the routes that hardly anybody goes",
			Families: []finding.Family{finding.Novelty},
			Needs:    append(names(event.Route), time), AnyOf: actors,
			WarmUp:    "a thousand steps of thirty actors",
			CannotSee: "who takes the usual way; ways of people behind one address with one user agent",
		},
		pace: {
			Title:    "A browser that turns to new pages like clockwork",
			Families: []finding.Family{finding.Automation},
			Needs:    append(names(event.Path, event.UserAgent), time), AnyOf: actors,
			WarmUp:    "sixteen new pages of the actor, and thirty browsers",
			CannotSee: "programs that say they are programs; programs that pause as people do",
		},
		impostor: {
			Title:    "A browser that does not do what browsers do here",
			Families: []finding.Family{finding.Automation},
			Needs:    append(names(event.Path, event.UserAgent), status, time), AnyOf: actors, Better: names(event.Referer),
			WarmUp:    "thirty browsers of the same place",
			CannotSee: "browsers that a program drives; places whose parts are served elsewhere",
		},
	}
}

// String is the detector's id.
func (d detector) String() string {
	return [detectors]string{
		ObjectEnumeration, ForeignObjects, CredentialStuffing, DistributedGuessing, GuessedCredential, SharedCredential,
		Scraping, PageWalk, Exfiltration, OddOrder, MachinePace, BrowserImpostor,
	}[d]
}
