package slow

import (
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// The detectors over days.
const (
	Enumeration         = "slow-enumeration"
	Scraping            = "slow-scraping"
	Exfiltration        = "slow-exfiltration"
	Guessing            = "slow-guessing"
	DistributedGuessing = "slow-distributed-guessing"
	Beacon              = "beacon"
	SharedCredential    = "token-in-several-places"
	Awakening           = "account-comes-to-life"
)

// detector looks at one actor of a window.
type detector struct {
	behaviour.Description
	kinds []finding.ActorKind // groups that it looks at
	look  func(*window, int) *suspicion
}

// Detectors lists what Judge looks for.
func Detectors() []behaviour.Description {
	var list []behaviour.Description
	for _, d := range detectors() {
		list = append(list, d.Description)
	}
	return list
}

func detectors() []detector {
	const (
		address, user, application = finding.Address, finding.User, finding.Application
		key, token, session        = finding.Key, finding.Token, finding.Session
	)
	clients := []string{event.ClientAddress.String(), event.User.String(), event.Principal.String(), event.Session.String(), event.Application.String()}
	principals := []string{event.User.String(), event.Principal.String(), event.Session.String()}
	origin := []string{event.ClientAddress.String(), event.Country.String(), event.Network.String()}
	people := []finding.ActorKind{address, user, key, token, session}
	return []detector{
		{behaviour.Description{
			ID: Enumeration, Title: "Objects of others are walked through over days", Families: []finding.Family{finding.Object},
			Needs: []string{event.Path.String(), event.Status.String()}, AnyOf: clients, Better: []string{event.Route.String()},
			WarmUp:    "three others on the route for an order, twenty for a number; three days",
			CannotSee: "a walk by many actors of a few objects each; one on a route that nobody else uses; ids without an order, where all objects are public",
		}, people, enumerated},
		{behaviour.Description{
			ID: Scraping, Title: "All there is, fetched over days", Families: []finding.Family{finding.Scraping},
			Needs: []string{event.Path.String(), event.Status.String()}, AnyOf: clients, Better: []string{event.Route.String(), event.Query.String()},
			WarmUp:    "twenty others on the route; three days",
			CannotSee: "scraping shared among many actors; what reads no more than its busiest peers do",
		}, people, scraped},
		{behaviour.Description{
			ID: Exfiltration, Title: "Far more data than anybody takes, over days", Families: []finding.Family{finding.Exfiltration},
			Needs: []string{event.ResponseBytes.String(), event.Status.String()}, AnyOf: clients,
			WarmUp:    "twenty others of the kind, three days before it began",
			CannotSee: "what began before the store did, or has been as large in all the days that it looks at",
		}, append([]finding.ActorKind{application}, people...), exfiltrated},
		{behaviour.Description{
			ID: Guessing, Title: "Sign-ins fail, a few a day, for days", Families: []finding.Family{finding.Credential},
			Needs:  []string{event.Method.String(), event.Path.String(), event.Status.String(), event.ClientAddress.String()},
			WarmUp: "three days", CannotSee: "sign-ins that are answered with 200 whether they succeed or not; who fails on one or two days only",
		}, []finding.ActorKind{address}, guessed},
		{behaviour.Description{
			ID: DistributedGuessing, Title: "One account is guessed at from many addresses, for days", Families: []finding.Family{finding.Credential},
			Needs:     []string{event.Method.String(), event.Path.String(), event.Status.String(), event.ClientAddress.String(), event.User.String()},
			WarmUp:    "twenty others whose sign-ins fail; three days",
			CannotSee: "accounts of gateways that do not log who failed to sign in",
		}, []finding.ActorKind{user}, guessedAt},
		{behaviour.Description{
			ID: Beacon, Title: "Requests at regular gaps for days, as no person makes them", Families: []finding.Family{finding.Automation},
			Needs: []string{event.UserAgent.String()}, AnyOf: clients,
			WarmUp: "three days", CannotSee: "gaps below five minutes, and those that vary by more than a tenth; programs that say what they are are not told",
		}, people, beacon},
		{behaviour.Description{
			ID: SharedCredential, Title: "One credential in several places at once, day after day", Families: []finding.Family{finding.Tokens},
			Needs: origin[:1], AnyOf: principals, Better: origin[1:],
			WarmUp: "three days", CannotSee: "two users in one country, where countries are known; a person's own tunnel is not told apart",
		}, []finding.ActorKind{user, key, token, session}, travelled},
		{behaviour.Description{
			ID: Awakening, Title: "An account that was silent is busy from elsewhere", Families: []finding.Family{finding.Novelty},
			Needs: origin[:1], AnyOf: principals[:2], Better: origin[1:],
			WarmUp: "twenty others of the kind", CannotSee: "accounts whose last request is older than the days that it looks at",
		}, []finding.ActorKind{user, key, token}, awoken},
	}
}
