package cli

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// findingID is what finding.NewID makes, as against an event's id.
var findingID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// recordOf is the event by which something was found: that of the gateway's
// access log, where there are several.
func recordOf(f wire.Finding) (string, error) {
	record := ""
	for _, s := range f.Sightings {
		if s.Record != "" && (record == "" || s.Via == finding.ViaAccess) {
			record = s.Record
		}
	}
	if record == "" {
		return "", fmt.Errorf("finding %s: no log line of it is known yet; an agent tells of a touch before the log does", f.ID)
	}
	return record, nil
}

// batchOf makes a batch with one row of an event as the API tells it. Texts
// have the names of their columns there.
func batchOf(e wire.Event) (*event.Batch, error) {
	b := &event.Batch{Header: event.Header{Source: e.Source, Gateway: e.Gateway, Format: e.Format, Path: e.FilePath}}
	if e.Kind == event.Decoy.String() {
		b.Kind = event.Decoy
	}
	if e.Direction == event.Egress.String() {
		b.Direction = event.Egress
	}
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	named := map[string]any{}
	if err := json.Unmarshal(data, &named); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	for _, f := range event.TextFields() {
		if text, ok := named[f.String()].(string); ok {
			b.SetString(f, text)
		}
	}
	setNumbers(b, e)
	setAddress(b, event.PeerAddress, e.PeerAddress)
	setAddress(b, event.ClientAddress, e.ClientAddress)
	b.EndRow()
	return b, nil
}

func setNumbers(b *event.Batch, e wire.Event) {
	b.SetNumber(event.Time, e.Time.UnixNano())
	b.SetNumber(event.Line, e.Line)
	for f, v := range map[event.NumberField]*int64{
		event.Status: e.Status, event.RequestBytes: e.RequestBytes, event.ResponseBytes: e.ResponseBytes,
		event.Duration: e.Duration, event.UpstreamDuration: e.UpstreamDuration,
	} {
		if v != nil {
			b.SetNumber(f, *v)
		}
	}
}

// setAddress sets an address; one that was masked is unknown.
func setAddress(b *event.Batch, f event.AddrField, text string) {
	if a, err := netip.ParseAddr(text); err == nil {
		b.SetAddr(f, a)
	}
}
