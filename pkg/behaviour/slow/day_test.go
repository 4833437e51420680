package slow

import (
	"reflect"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestPartsOfADayAreJoined(t *testing.T) {
	who := finding.Actor{Kind: finding.User, Value: "k1:x"}
	early := ActorDay{
		Actor: who, Day: 3, First: 10, Last: 20, Requests: 2, Acts: 2, Bytes: 7, Minutes: []uint16{1, 5}, Places: []Place{{Network: "a"}},
		Routes: []RouteDay{{Route: "GET /x/{id}", Requests: 2, Distinct: 2, Objects: []uint64{4, 5}}},
	}
	late := ActorDay{
		Actor: who, Day: 3, First: 15, Last: 30, Requests: 1, Acts: 1, Logins: 1, Minutes: []uint16{5, 9}, Places: []Place{{Network: "b"}},
		Routes: []RouteDay{{Route: "GET /x/{id}", Requests: 1, Distinct: 1, Objects: []uint64{6}}, {Route: "GET /y"}},
	}
	want := []ActorDay{{
		Actor: who, Day: 3, First: 10, Last: 30, Requests: 3, Acts: 3, Bytes: 7, Logins: 1, Minutes: []uint16{1, 5, 9}, Places: []Place{{Network: "a"}, {Network: "b"}},
		Routes: []RouteDay{{Route: "GET /x/{id}", Requests: 3, Distinct: 3, Objects: []uint64{4, 5, 6}}, {Route: "GET /y"}},
	}}
	for _, parts := range [][]ActorDay{{early, late}, {late, early}} {
		if got := joined(parts); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	late.Minutes = nil // too many
	if got := joined([]ActorDay{early, late}); got[0].Minutes != nil || len(early.Routes[0].Objects) != 2 {
		t.Errorf("minutes %v; the parts were changed: %v", got[0].Minutes, early)
	}
}
