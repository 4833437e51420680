package accesslog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Names, besides those of the schema's columns, of what a value of a log may
// be. They stand for several columns or for a step on the way to one.
const (
	uriKey           = "uri"           // path and query, or a whole URL
	requestKey       = "request"       // the request line: method, target, protocol
	decisionKey      = "decision"      // "deny 0123456789abcdef": what our agent did, and the block's id
	proxyKey         = "proxy_address" // the client as the PROXY protocol tells it
	clientHeaderKey  = "client_header" // the header that names the client, see Options.ClientHeader
	authorizationKey = "authorization" // the header Authorization
	cookieKey        = "cookie"        // the header Cookie
	keyKey           = "key"           // an API key
	tokenKey         = "token"         // a bearer token
	bytesInKey       = "request_wire"  // size of the request with its headers
	bytesOutKey      = "response_wire" // size of the response with its headers
	waitKey          = "upstream_wait" // a part of the upstream's time; parts are added up
)

// role is how a value is read.
type role uint8

const (
	nothing role = iota
	textRole
	numberRole
	countRole // a number that means nothing here
	wordRole  // a word that means nothing here
	wireRole  // a number of bytes with headers
	durationRole
	sumRole // a duration that is added to what is there
	timeRole
	uriRole
	queryRole
	requestRole
	hostRole
	userRole
	decisionRole
	peerRole
	clientRole
	proxyRole
	clientHeaderRole
	forwardedRole
	forwardedElseRole // the header Forwarded, where there is no X-Forwarded-For
	authorizationRole
	cookieRole
	keyRole
	tokenRole
)

// goal is what becomes of a value.
type goal struct {
	role   role
	text   event.TextField
	number event.NumberField
	unit   unit
}

// unit is how a time or duration is written: ten to the power of scale
// nanoseconds, or a form of its own.
type unit struct {
	scale  int
	form   timeForm
	layout string // of form layout
}

// The scales of units.
const (
	seconds      = 9
	milliseconds = 6
	microseconds = 3
	nanoseconds  = 0
)

type timeForm uint8

const (
	guessed timeForm = iota
	epoch
	rfc3339
	clf
	layout  // strftime, see timeLayout
	spelled // a duration with its unit: "4.529µs", "1m2.5s"
)

// goals lists what may be mapped, by name.
func goals() map[string]goal {
	g := map[string]goal{
		uriKey:                       {role: uriRole},
		requestKey:                   {role: requestRole},
		decisionKey:                  {role: decisionRole},
		proxyKey:                     {role: proxyRole},
		clientHeaderKey:              {role: clientHeaderRole},
		authorizationKey:             {role: authorizationRole},
		cookieKey:                    {role: cookieRole},
		keyKey:                       {role: keyRole},
		tokenKey:                     {role: tokenRole},
		bytesInKey:                   {role: wireRole, number: event.RequestBytes},
		bytesOutKey:                  {role: wireRole, number: event.ResponseBytes},
		waitKey:                      {role: sumRole, number: event.UpstreamDuration},
		event.Time.String():          {role: timeRole},
		event.PeerAddress.String():   {role: peerRole},
		event.ClientAddress.String(): {role: clientRole},
	}
	for _, f := range event.TextFields() {
		g[f.String()] = goal{role: textRole, text: f}
	}
	g[event.Query.String()] = goal{role: queryRole}
	g[event.Host.String()] = goal{role: hostRole}
	g[event.User.String()] = goal{role: userRole}
	g[event.ForwardedFor.String()] = goal{role: forwardedRole}
	for _, f := range []event.NumberField{event.Status, event.RequestBytes, event.ResponseBytes} {
		g[f.String()] = goal{role: numberRole, number: f}
	}
	for _, f := range []event.NumberField{event.Duration, event.UpstreamDuration} {
		g[f.String()] = goal{role: durationRole, number: f, unit: unit{scale: seconds}}
	}
	return g
}

// goalNamed gives the goal of a name, out of goals, with its unit.
func goalNamed(known map[string]goal, name, unitName string) (goal, error) {
	g, ok := known[name]
	if !ok {
		return goal{}, fmt.Errorf("no such field; want one of %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	u, err := unitOf(g.role, unitName)
	if err != nil {
		return goal{}, err
	}
	g.unit = u
	return g, nil
}

func unitOf(r role, name string) (unit, error) {
	scales := map[string]int{"s": seconds, "ms": milliseconds, "us": microseconds, "ns": nanoseconds}
	switch {
	case (r == durationRole || r == sumRole) && name == "":
		return unit{scale: seconds}, nil
	case (r == durationRole || r == sumRole) && name == "text":
		return unit{form: spelled}, nil
	case r == durationRole || r == sumRole:
		scale, ok := scales[name]
		if !ok {
			return unit{}, fmt.Errorf("unit %q: want s, ms, us, ns, or text for 4.5ms", name)
		}
		return unit{scale: scale}, nil
	case r == timeRole:
		return timeUnit(name, scales)
	case name != "":
		return unit{}, fmt.Errorf("unit %q: the field has no unit", name)
	}
	return unit{}, nil
}

func timeUnit(name string, scales map[string]int) (unit, error) {
	switch {
	case name == "":
		return unit{}, nil
	case name == "rfc3339":
		return unit{form: rfc3339}, nil
	case name == "clf":
		return unit{form: clf}, nil
	case strings.Contains(name, "%"):
		return unit{form: layout, layout: name}, checkLayout(name)
	}
	scale, ok := scales[strings.TrimPrefix(name, "epoch_")]
	if !ok || !strings.HasPrefix(name, "epoch_") {
		return unit{}, fmt.Errorf("unit %q: want rfc3339, clf, epoch_s, epoch_ms, epoch_us, epoch_ns, or a layout such as %%d/%%m/%%Y %%H:%%M:%%S", name)
	}
	return unit{scale: scale, form: epoch}, nil
}
