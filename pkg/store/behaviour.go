package store

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

const dayLength = 24 * time.Hour

// A query over a day of events is given time and one processor: it is nobody's
// answer that waits, and detection is to have the rest. What it groups lies on
// disk where it does not fit into memory.
const (
	countTimeout = 10 * time.Minute
	countMemory  = 256 << 20 // bytes, from which on groups are written to disk
)

// signIn are paths of sign-ins, as the shipped rules know them.
const signIn = `(?i)/(?:log-?_?in|sign-?_?in|auth|authenticate|authoriz(?:e|ation)|sessions?|(?:oauth2?/|connect/)?tokens?|access_?token|` +
	`login_form|login_check|logon|j_security_check|signon|sso|passwd-auth)(?:\.(?:php|aspx?|jsp|do|json|action|html?))?/?$`

// ReceivedDay is a day and how many events were received on it.
type ReceivedDay struct {
	Day    int32 // since 1970-01-01, UTC
	Events int64
}

// ReceivedDays counts the events that were received on each of the days from
// one to another, both inclusive; days without any are left out. Two answers
// that are alike mean that nothing was stored or erased in between.
func (s *Store) ReceivedDays(ctx context.Context, from, to int32) ([]ReceivedDay, error) {
	return ask(ctx, s, "actor_volume", func(scan scanner, d *ReceivedDay) error { return scan(&d.Day, &d.Events) },
		named("since", startOf(from)), named("until", startOf(to+1)))
}

// startOf is the first nanosecond of a day.
func startOf(day int32) int64 { return int64(day) * int64(dayLength) }

// ActorDays tells what actors did, among the events that were received on a
// day: at most so many rows, those first of whom most is to be told. Users,
// keys, tokens and sessions stand there as the store has them, by their hashes.
func (s *Store) ActorDays(ctx context.Context, received int32, limit int) ([]slow.ActorDay, error) {
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_execution_time": int(countTimeout.Seconds()), "max_threads": 1, "max_bytes_before_external_group_by": countMemory,
	}))
	rows, err := s.conn.Query(ctx, s.queries["actor_days"],
		named("since", startOf(received)), named("until", startOf(received+1)), named("sign_in", signIn), named("limit", uint32(limit)))
	if err != nil {
		return nil, fmt.Errorf("query actor_days: %w", err)
	}
	list, err := collect(rows, scanActorDay)
	if err != nil {
		return nil, fmt.Errorf("query actor_days: %w", err)
	}
	return list, nil
}

// actorDayColumns are what a row has as lists beside each other.
type actorDayColumns struct {
	minutes                       []uint16
	countries, networks           []string
	first, last, there            []int64 // by place
	routes, apis, owners          []string
	acts, missed, bytes, distinct []int64 // by route
	objects                       [][]uint64
	pages                         [][]uint32
}

func scanActorDay(scan scanner, d *slow.ActorDay) error {
	var kind, value string
	var c actorDayColumns
	if err := scan(&kind, &value, &d.Day, &d.First, &d.Last, &d.Requests, &d.Acts, &d.Browsers, &d.Denied, &d.Answered, &d.Refused,
		&d.Missing, &d.Bytes, &d.Logins, &d.FailedLogins, &d.FailedFrom, &c.minutes,
		&c.countries, &c.networks, &c.first, &c.last, &c.there,
		&c.routes, &c.apis, &c.owners, &c.acts, &c.missed, &c.bytes, &c.distinct, &c.objects, &c.pages); err != nil {
		return err
	}
	d.Actor = actorOf(kind, value)
	if len(c.minutes) <= slow.MaxMinutes {
		d.Minutes = c.minutes
	}
	for i := range c.countries {
		d.Places = append(d.Places, slow.Place{Country: c.countries[i], Network: c.networks[i], First: c.first[i], Last: c.last[i], Requests: c.there[i]})
	}
	for i := range c.routes {
		d.Routes = append(d.Routes, slow.RouteDay{
			Route: c.routes[i], API: c.apis[i], Owner: c.owners[i], Requests: c.acts[i], Missed: c.missed[i], Bytes: c.bytes[i],
			Distinct: c.distinct[i], Objects: c.objects[i], Pages: c.pages[i],
		})
	}
	return nil
}

// actorOf is an actor as it is called everywhere else. The server writes some
// addresses of IPv6 in another way.
func actorOf(kind, value string) finding.Actor {
	if kind != string(finding.Address) {
		return finding.Actor{Kind: finding.ActorKind(kind), Value: value}
	}
	if p, err := netip.ParsePrefix(value); err == nil {
		return finding.Actor{Kind: finding.Prefix, Value: p.Masked().String()}
	}
	if a, err := netip.ParseAddr(value); err == nil {
		return finding.ActorOf(a)
	}
	return finding.Actor{Kind: finding.Address, Value: value}
}
