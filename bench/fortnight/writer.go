package main

import (
	"fmt"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// writer keeps the rows of the open minute, as each gateway's log has them.
type writer struct {
	batches [len(gateways)]event.Batch
	offsets [len(gateways)]int64
	lines   [len(gateways)]int64
	text    []byte
}

// flush hands over what was logged, and begins another minute.
func (l *writer) flush(now int64, take func(*event.Batch, int64) error) error {
	for g := range l.batches {
		b := &l.batches[g]
		b.Header = event.Header{
			Source: gateways[g], Gateway: gateways[g], Format: "json", File: fmt.Sprintf("00000000000000f%d", g),
			Path: gateways[g] + ".log", Received: now, End: l.offsets[g], NextLine: l.lines[g] + 1,
		}
		if err := take(b, now); err != nil {
			return err
		}
		b.Reset()
	}
	return nil
}

// row writes a request into its gateway's log.
func (l *writer) row(q *request) {
	g, r, by := q.route.gateway, q.route, q.by
	b := &l.batches[g]
	l.lines[g]++
	b.SetNumber(event.Time, q.at)
	b.SetNumber(event.Offset, l.offsets[g])
	b.SetNumber(event.Line, l.lines[g])
	b.SetNumber(event.Length, 300)
	l.offsets[g] += 300
	b.SetAddr(event.ClientAddress, by.addr)
	b.SetAddr(event.PeerAddress, by.addr)
	b.SetString(event.Method, r.method)
	b.SetString(event.Host, "shop.example")
	b.SetText(event.Path, q.path)
	b.SetString(event.Query, q.query)
	b.SetString(event.Protocol, "HTTP/2.0")
	if r.template != "" {
		b.SetString(event.Route, r.template)
		b.SetString(event.RouteOrigin, "spec")
		b.SetString(event.API, r.api)
		b.SetString(event.Tags, "owner:"+r.owner)
	}
	b.SetNumber(event.Status, q.status)
	b.SetNumber(event.RequestBytes, q.sent)
	b.SetNumber(event.ResponseBytes, q.answered)
	b.SetNumber(event.Duration, q.took)
	b.SetString(event.Referer, q.referer)
	l.visitor(b, by)
	l.text = strconv.AppendInt(append(l.text[:0], 'r'), l.offsets[g]*2+int64(g), 36)
	b.SetText(event.RequestID, l.text)
	b.EndRow()
}

func (l *writer) visitor(b *event.Batch, by *visitor) {
	b.SetString(event.UserAgent, by.userAgent)
	b.SetString(event.TLSFingerprint, by.fingerprint)
	b.SetString(event.Network, by.network)
	b.SetString(event.Country, by.country)
	b.SetString(event.User, by.user)
	b.SetString(event.Session, by.session)
	b.SetString(event.Application, by.application)
	switch {
	case by.user != "":
		b.SetString(event.PrincipalKind, "user")
	case by.application != "":
		b.SetString(event.PrincipalKind, "application")
	}
}
