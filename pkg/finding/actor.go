package finding

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ActorKind is what identifies an actor. The list is closed.
type ActorKind string

// The kinds of actors. IPv6 evidence counts on the /64, as Prefix; IPv4 on
// the Address.
const (
	Address     ActorKind = "address"
	Prefix      ActorKind = "prefix"
	User        ActorKind = "user"
	Application ActorKind = "application"
	Key         ActorKind = "key"
	Token       ActorKind = "token"
	Session     ActorKind = "session"
	Fingerprint ActorKind = "fingerprint"
)

// The kinds of places: what something happened to, where nobody can be named
// who did it. Evidence about a place is kept as that about an actor, and is
// never blocked on.
const (
	Service ActorKind = "service" // all of our traffic
	Gateway ActorKind = "gateway"
	Source  ActorKind = "source" // a log
	API     ActorKind = "api"
	Route   ActorKind = "route"
	Network ActorKind = "network" // an autonomous system: too many people to blame
)

var (
	places     = []ActorKind{Service, Gateway, Source, API, Route, Network}
	actorKinds = append([]ActorKind{Address, Prefix, User, Application, Key, Token, Session, Fingerprint}, places...)
)

// Place tells whether the kind is a place, and nobody to be blocked.
func (k ActorKind) Place() bool { return slices.Contains(places, k) }

// ParseActorKind checks the name of a kind.
func ParseActorKind(s string) (ActorKind, error) {
	if kind := ActorKind(s); slices.Contains(actorKinds, kind) {
		return kind, nil
	}
	return "", fmt.Errorf("actor kind %q: want one of %s", s, kindsText())
}

func kindsText() string {
	texts := make([]string, len(actorKinds))
	for i, k := range actorKinds {
		texts[i] = string(k)
	}
	return strings.Join(texts, ", ")
}

// Actor is somebody about whom evidence is kept.
type Actor struct {
	Kind  ActorKind `json:"kind"`
	Value string    `json:"value"`
}

// ActorOf is the actor behind a client address: the address itself for IPv4
// (mapped IPv4 included), the /64 for IPv6. The address must be valid.
func ActorOf(a netip.Addr) Actor {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return Actor{Kind: Address, Value: a.String()}
	}
	return Actor{Kind: Prefix, Value: netip.PrefixFrom(a, 64).Masked().String()}
}

// String is "kind:value".
func (a Actor) String() string { return string(a.Kind) + ":" + a.Value }

// ParseActor is the inverse of String. A bare address or prefix is accepted.
func ParseActor(s string) (Actor, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return ActorOf(addr), nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return Actor{Kind: Prefix, Value: p.Masked().String()}, nil
	}
	kind, value, ok := strings.Cut(s, ":")
	if !ok || value == "" || !slices.Contains(actorKinds, ActorKind(kind)) {
		return Actor{}, fmt.Errorf("actor %q: want an address, a prefix or KIND:VALUE with one of the kinds %s", s, kindsText())
	}
	a := Actor{Kind: ActorKind(kind), Value: value}
	if (a.Kind == Address || a.Kind == Prefix) && !canonical(a) {
		return Actor{}, fmt.Errorf("actor %q: want a canonical address or prefix, such as address:192.0.2.7 or prefix:2001:db8::/64", s)
	}
	return a, nil
}

// canonical tells whether an address or prefix is written in the one way in
// which evidence about it is kept.
func canonical(a Actor) bool {
	if a.Kind == Address {
		addr, err := netip.ParseAddr(a.Value)
		return err == nil && ActorOf(addr) == a
	}
	p, err := netip.ParsePrefix(a.Value)
	return err == nil && p.Masked().String() == a.Value
}
