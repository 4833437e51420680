package series

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Dimension is what traffic is told apart by.
type Dimension uint8

// The dimensions. Those up to Route are places which are told of in each
// minute while their series live, without traffic too; the others are told of
// when they had some.
const (
	Whole       Dimension = iota // all traffic
	Gateway                      // by the gateway that wrote the log
	Source                       // by the configured log source
	API                          // by the API that the route belongs to
	Route                        // by method and route template
	Network                      // by the client's autonomous system
	Application                  // by application or consumer
	Principal                    // by user, else token or key
	Address                      // by client address, of IPv6 the /64
	Dimensions  = iota           // how many there are
)

var dimensionKinds = [Dimensions]finding.ActorKind{
	Whole: finding.Service, Gateway: finding.Gateway, Source: finding.Source, API: finding.API, Route: finding.Route,
	Network: finding.Network, Application: finding.Application, Principal: finding.User, Address: finding.Address,
}

// String is the dimension's name.
func (d Dimension) String() string {
	switch d {
	case Whole:
		return "whole"
	case Principal:
		return "principal"
	default:
		return string(dimensionKinds[d])
	}
}

// Steady tells whether the dimension's series are told of without traffic too.
func (d Dimension) Steady() bool { return d <= Route }

// WholeName is the Name of the only series of the dimension Whole.
const WholeName = "all traffic"

// OtherRoute stands for the routes that found no room, and for records without
// one.
const OtherRoute = "{other}"

// Key names a series.
type Key struct {
	Dimension Dimension
	// Name is the gateway, source, API, network ("AS64500") or application;
	// of a route "GET /users/{id}"; of a principal "user:alice"; of an address
	// it, or the /64.
	Name  string
	API   string // of a route; "" = not known
	Owner string // the team by the tag "owner:TEAM", of an API or route; "" = nobody is named
}

// Actor is the series as a finding names it: somebody, or a place.
func (k *Key) Actor() finding.Actor {
	a := finding.Actor{Kind: dimensionKinds[k.Dimension], Value: k.Name}
	switch k.Dimension {
	case Principal:
		if kind, value, ok := strings.Cut(k.Name, ":"); ok {
			a = finding.Actor{Kind: finding.ActorKind(kind), Value: value}
		}
	case Address:
		if strings.Contains(k.Name, "/") {
			a.Kind = finding.Prefix
		}
	}
	return a
}

// Same tells whether it names the series that another one does, whoever owns it.
func (k *Key) Same(other *Key) bool {
	return k == other || k.Dimension == other.Dimension && k.Name == other.Name && k.API == other.API
}

// owned is the key with another owner.
func (k *Key) owned(owner string) *Key {
	other := *k
	other.Owner = owner
	return &other
}
