package behaviour

import "github.com/honeymoat/honeymoat/pkg/finding"

// fewPeers is until when most detectors say nothing.
const fewPeers = "thirty actors of the same place, for an hour each or until they pause"

// anybody are the fields of which one has to name an actor.
var anybody = []string{"client_address", "user", "principal", "session", "application"}

// descriptions are what people are told of the detectors.
var descriptions = [detectors]Description{
	enumeration: {
		Title:    "Objects are walked through by their identifiers",
		Families: []finding.Family{finding.Object},
		Needs:    []string{"route", "path", "status", "time"}, AnyOf: anybody, Better: []string{"query"},
		WarmUp:    fewPeers + " on the route",
		CannotSee: "identifiers in bodies; a walk that is spread over more actors than peers have objects each",
	},
	foreign: {
		Title:    "Objects of others are read",
		Families: []finding.Family{finding.Object},
		Needs:    []string{"route", "path", "status", "time"}, AnyOf: []string{"user", "principal", "session", "application"},
		WarmUp:    "thirty actors on a route on which each keeps to objects of his own, and six hours in which owners ask for them",
		CannotSee: "objects that nobody asked for since the start; routes whose objects belong to everybody; groups that share",
	},
	stuffing: {
		Title:    "Sign-ins from one address fail with many names or proofs",
		Families: []finding.Family{finding.Credential},
		Needs:    []string{"method", "path", "status", "time", "client_address"}, Better: []string{"user"},
		WarmUp:    "twenty addresses that signed in on the same place",
		CannotSee: "forms that answer a wrong password with 200; how many names there were, where a refused record names none",
	},
	distributed: {
		Title:     "One name fails from many addresses",
		Families:  []finding.Family{finding.Credential},
		Needs:     []string{"user", "status", "time", "client_address"},
		WarmUp:    "twenty names that failed somewhere",
		CannotSee: "names that stand in bodies only",
	},
	guessed: {
		Title:    "A sign-in succeeded in the middle of guessing",
		Families: []finding.Family{finding.Credential},
		Needs:    []string{"method", "path", "status", "time", "client_address"}, Better: []string{"user", "user_agent"},
		WarmUp:    "that of " + CredentialStuffing,
		CannotSee: "a success that comes from another address than the guessing",
	},
	shared: {
		Title:    "One token is used in two places at once",
		Families: []finding.Family{finding.Tokens},
		Needs:    []string{"time", "client_address"}, AnyOf: []string{"user", "principal", "session"},
		Better:    []string{"network", "country", "user_agent", "tls_fingerprint"},
		WarmUp:    "thirty users, tokens, keys or sessions; two hours of the same user or key",
		CannotSee: "a thief on the network of the owner; one who takes turns with the owner by the hour; without network or country, one with the owner's user agent",
	},
	scraping: {
		Title:    "One actor fetches far more different pages than others",
		Families: []finding.Family{finding.Scraping},
		Needs:    []string{"path", "status", "time"}, AnyOf: anybody, Better: []string{"route", "user_agent"},
		WarmUp:    fewPeers,
		CannotSee: "scraping that is spread over many addresses, each as modest as a person",
	},
	walk: {
		Title:    "A list is turned over page by page to its end",
		Families: []finding.Family{finding.Scraping},
		Needs:    []string{"path", "query", "status", "time"}, AnyOf: anybody, Better: []string{"route"},
		WarmUp:    fewPeers + ", who turn pages of the same list",
		CannotSee: "page numbers in bodies",
	},
	exfiltration: {
		Title:    "Far more data went to one actor than to others, and than he ever took",
		Families: []finding.Family{finding.Exfiltration},
		Needs:    []string{"response_bytes", "status", "time"}, AnyOf: anybody, Better: []string{"api", "tags", "sensitive"},
		WarmUp:    fewPeers,
		CannotSee: "small answers that matter; what is taken over days (that is for the store to tell)",
	},
	order: {
		Title:    "Somebody goes ways through the routes that hardly anybody goes",
		Families: []finding.Family{finding.Novelty},
		Needs:    []string{"route", "time"}, AnyOf: anybody,
		WarmUp:    "a thousand steps of thirty actors",
		CannotSee: "who takes the usual way; ways of people behind one address with one user agent",
	},
	pace: {
		Title:    "A browser that turns to new pages like clockwork",
		Families: []finding.Family{finding.Automation},
		Needs:    []string{"path", "user_agent", "time"}, AnyOf: anybody,
		WarmUp:    "sixteen new pages of the actor, and thirty browsers",
		CannotSee: "programs that say they are programs; programs that pause as people do",
	},
	impostor: {
		Title:    "A browser that does not do what browsers do here",
		Families: []finding.Family{finding.Automation},
		Needs:    []string{"path", "user_agent", "status", "time"}, AnyOf: anybody, Better: []string{"referer"},
		WarmUp:    "thirty browsers of the same place",
		CannotSee: "browsers that a program drives; places whose parts are served elsewhere",
	},
}
