package store

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// splitter makes portions of a block: a row goes to its client's part, into the
// batch of its origin there. It keeps the memory of its batches.
type splitter struct {
	layout   scanLayout
	texts    []event.TextField
	numbers  []event.NumberField
	portions []Portion
	rows     int

	free    []*event.Batch // empty ones
	batches map[originKey]*event.Batch
	peer    addressMemo
	client  addressMemo
	flags   flagsMemo
}

// originKey is a part, and where in their dictionaries a row's origins are.
type originKey struct {
	part    int
	version int64
	origins [origins]uint32
}

func newSplitter(parts int) *splitter {
	return &splitter{
		layout: newScanLayout(), texts: scanTexts(), numbers: scanNumbers(),
		portions: make([]Portion, parts), batches: map[originKey]*event.Batch{},
	}
}

// take makes the portions of a block in place of those before.
func (s *splitter) take(b *nativeBlock) error {
	s.reset()
	for i := range origins {
		if len(b.texts[i].numbers) != b.rows {
			return fmt.Errorf("%w: column %s has no dictionary", errBlock, b.columns[i].name)
		}
	}
	s.rows = b.rows
	for row := range b.rows {
		if err := s.put(b, row); err != nil {
			return err
		}
	}
	return nil
}

func (s *splitter) reset() {
	for _, b := range s.batches {
		b.Reset()
		s.free = append(s.free, b)
	}
	clear(s.batches)
	for i := range s.portions {
		s.portions[i] = s.portions[i][:0]
	}
}

// put adds a row to the batch that it belongs to, and to the last run of its
// part or to a new one.
func (s *splitter) put(b *nativeBlock, row int) error {
	peer, err := s.peer.parse(b.texts[s.layout.peerAddress].at(row))
	if err != nil {
		return err
	}
	client, err := s.client.parse(b.texts[s.layout.clientAddress].at(row))
	if err != nil {
		return err
	}
	part := s.part(client)
	to := s.batch(b, row, part)
	to.SetAddr(event.PeerAddress, peer.Netip())
	to.SetAddr(event.ClientAddress, client.Netip())
	s.fill(to, b, row)
	to.EndRow()
	runs := s.portions[part]
	if n := len(runs); n > 0 && runs[n-1].Batch == to {
		runs[n-1].To++
		return nil
	}
	s.portions[part] = append(runs, Run{Batch: to, From: to.Rows() - 1, To: to.Rows()})
	return nil
}

// fill sets the columns of the open row.
func (s *splitter) fill(to *event.Batch, b *nativeBlock, row int) {
	for i, f := range s.texts {
		if c := &b.texts[s.layout.texts+i]; !c.blank {
			to.SetText(f, c.at(row))
		}
	}
	for i, f := range s.numbers {
		if v := b.numbers[s.layout.numbers+i][row]; v != event.Unknown {
			to.SetNumber(f, v)
		}
	}
	if c := &b.texts[s.layout.quality]; !c.blank {
		to.Flag(s.flags.parse(c.at(row)))
	}
}

// part is that of the actor behind an address.
func (s *splitter) part(client event.Addr) int {
	if len(s.portions) == 1 || client == (event.Addr{}) {
		return 0
	}
	significant := client[:8] // of IPv6; an IPv4 address is in its mapped form
	if client.Netip().Is4() {
		significant = client[:]
	}
	return int(spread(significant) >> 32 % uint64(len(s.portions)))
}

// spread is the FNV-1a hash: the same in every splitter, since a client stays
// in its part from one portion to the next.
func spread(data []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range data {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// batch gives the batch for a row.
func (s *splitter) batch(b *nativeBlock, row, part int) *event.Batch {
	key := originKey{part: part, version: b.numbers[s.layout.version][row]}
	for i := range key.origins {
		key.origins[i] = b.texts[i].numbers[row]
	}
	to := s.batches[key]
	if to == nil {
		to = s.empty()
		to.Header = headerOf(b, row)
		to.FormatVersion, to.Received = int(key.version), b.numbers[s.layout.received][row]
		s.batches[key] = to
	}
	return to
}

func (s *splitter) empty() *event.Batch {
	n := len(s.free)
	if n == 0 {
		return &event.Batch{}
	}
	b := s.free[n-1]
	s.free = s.free[:n-1]
	return b
}

func headerOf(b *nativeBlock, row int) event.Header {
	origin := func(i int) string { return string(b.texts[i].at(row)) }
	h := event.Header{
		Shipper: origin(originAgent), Source: origin(originSource), Gateway: origin(originGateway),
		Format: origin(originFormat), File: origin(originFile), Path: origin(originPath),
	}
	if origin(originKind) == event.Decoy.String() {
		h.Kind = event.Decoy
	}
	if origin(originDirection) == event.Egress.String() {
		h.Direction = event.Egress
	}
	return h
}
