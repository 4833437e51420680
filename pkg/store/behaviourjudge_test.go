package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// TestSlowBehaviourIsFoundInTheStore is the way from events to suspicions: one
// user walks through orders of others, four a day, and an address guesses.
func TestSlowBehaviourIsFoundInTheStore(t *testing.T) {
	s, _ := migrated(t)
	begin := today.Truncate(24 * time.Hour)
	first := int32(begin.Unix() / 86400)
	for day := range 5 {
		start := begin.Add(time.Duration(day) * 24 * time.Hour)
		var requests []lived
		order := func(after time.Duration, user string, id int) {
			requests = append(requests, lived{after, "192.0.2.1", 200, 900, texts{
				event.User: user, event.Path: fmt.Sprintf("/orders/%d", id), event.Route: "/orders/{id}", event.Tags: "owner:orders",
			}})
		}
		for n := range 30 {
			for k := range 3 {
				order(time.Duration(n+k*300)*time.Minute, fmt.Sprint("k1:user", n), (n*7919+day*104729+k*k*1299709+k*31)%9000)
			}
		}
		for k := range 4 {
			order(time.Duration(100+k*200)*time.Minute, "k1:walker", 1500+4*day+k)
			requests = append(requests, lived{time.Duration(50+k*200) * time.Minute, "198.51.100.7", 401, 9, texts{event.Method: "POST", event.Path: "/login"}})
		}
		stored(t, s, livedBatch(start, start.Add(time.Hour), day, requests...))
	}
	var all []slow.ActorDay
	for day := range int32(5) {
		days, err := s.ActorDays(t.Context(), first+day, 1000)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, days...)
	}
	found := map[string]string{}
	for _, v := range slow.Judge(all, slow.Options{}) {
		found[v.Detector+" "+v.Actor.String()] = v.Owner
	}
	want := map[string]string{"slow-enumeration user:k1:walker": "orders", "slow-guessing address:198.51.100.7": ""}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", found, want)
	}
}
