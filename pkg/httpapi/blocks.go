package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) listBlocks(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	keep := blockFilter(p)
	if err := p.err(); err != nil {
		return err
	}
	blocks := slices.DeleteFunc(slices.Clone(s.options.Blocklist.List()), func(b block.Block) bool { return !keep(&b) })
	page, err := pageOf(blocks, slice, func(b block.Block) string { return b.Key() })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Page[wire.Block]{Items: mapped(page.Items, wire.BlockOf), Next: page.Next})
	return nil
}

// blockFilter reads what a list of blocks is asked for.
func blockFilter(p *params) func(*block.Block) bool {
	segment, by, rule := read(p, "segment", segmentName), p.text("by"), p.text("rule")
	mode, target := read(p, "mode", mode), read(p, "target", addressOrPrefix)
	return func(b *block.Block) bool {
		return (segment == "" || b.Segment == segment) &&
			(by == "" || b.By == by) &&
			(rule == "" || b.Rule == rule) &&
			(mode == nil || b.Mode == *mode) &&
			(!target.IsValid() || b.Target.Prefix().Overlaps(target))
	}
}

func (s *Server) addBlock(x *exchange) error {
	r, err := decode[wire.BlockRequest](x.Request)
	if err != nil {
		return err
	}
	add, err := addBlockOf(r)
	if err != nil {
		return err
	}
	add.IdempotencyKey = x.GetHeader("Idempotency-Key")
	if len(add.IdempotencyKey) > maxKey {
		return invalid("Idempotency-Key", "longer than 128 bytes")
	}
	b, created, err := s.options.Operator.AddBlock(x.Request.Context(), x.caller, add)
	switch {
	case errors.Is(err, respond.ErrExists):
		return conflict.hinted("the block "+b.ID.String()+" is on "+b.Target.String()+" in the segment "+b.Segment+" already",
			"See it with GET /api/v1/blocks/"+b.ID.String()+", or remove it first.")
	case err != nil:
		return fromBus(err)
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		x.Header("Location", "/api/v1/blocks/"+b.ID.String())
	}
	x.JSON(status, wire.BlockResult{Block: wire.BlockOf(b), Created: created, DryRun: r.DryRun})
	return nil
}

// maxKey bounds an idempotency key, in bytes.
const maxKey = 128

func addBlockOf(r wire.BlockRequest) (respond.AddBlock, error) {
	var f faults
	add := respond.AddBlock{
		Segment: r.Segment, Lifetime: seconds(r.LifetimeSeconds), Mode: r.Mode, Reason: r.Reason, DryRun: r.DryRun,
	}
	if add.Segment == "" {
		add.Segment = block.All
	}
	var err error
	add.Target, err = block.ParseTarget(r.Target)
	f.checkErr(err, "target")
	if !block.ValidName(add.Segment) {
		f.checkErr(block.ErrName, "segment")
	}
	most := int64(respond.MaxLifetime / time.Second)
	f.check(r.LifetimeSeconds >= 1 && r.LifetimeSeconds <= most, "lifetime_seconds", "want 1 second to 366 days")
	f.reason(r.Reason)
	return add, f.err()
}

func (s *Server) getBlock(x *exchange) error {
	id, err := block.ParseID(x.Param("id"))
	if err != nil {
		return invalid("id", err.Error())
	}
	d, known := s.recall(id)
	d.Log, err = s.options.History.BlockLog(x.Request.Context(), id)
	switch {
	case err != nil && !known:
		return fromStore(err)
	case err != nil:
		// The block itself is known in memory: no reason to answer nothing.
		d.Incomplete = "the store cannot answer: the log is missing"
		x.err = err
	case !known && len(d.Log) == 0:
		return notFound.with("no block has had the id " + id.String())
	}
	d.Log = filledList(d.Log)
	x.JSON(http.StatusOK, d)
	return nil
}

// recall gives what is known of a block in memory.
func (s *Server) recall(id block.ID) (d wire.BlockDetail, known bool) {
	held, ended, err := s.options.Operator.Find(id)
	if err != nil {
		// One that was put on the bus by somebody else.
		b, ok := s.listed(id)
		if !ok {
			return wire.BlockDetail{}, false
		}
		held.Block = b
	}
	b := wire.BlockOf(held.Block)
	d = wire.BlockDetail{Block: &b, Live: ended == nil, Denied: held.Denied}
	if ended != nil {
		d.Ended = &wire.BlockEnd{How: ended.How, At: ended.At, By: ended.By, Reason: ended.Reason}
	}
	return d, true
}

func (s *Server) listed(id block.ID) (block.Block, bool) {
	blocks := s.options.Blocklist.List()
	at := slices.IndexFunc(blocks, func(b block.Block) bool { return b.ID == id })
	if at < 0 {
		return block.Block{}, false
	}
	return blocks[at], true
}

func (s *Server) removeBlock(x *exchange) error {
	id, err := block.ParseID(x.Param("id"))
	if err != nil {
		return invalid("id", err.Error())
	}
	p := newParams(x.Request.URL)
	reason := p.text("reason")
	if reason == "" {
		p.wrong("reason", "say why; it goes into the audit")
	}
	if err := p.err(); err != nil {
		return err
	}
	b, err := s.options.Operator.RemoveBlock(x.Request.Context(), x.caller, id, reason)
	if err != nil {
		return fromBus(err)
	}
	x.JSON(http.StatusOK, wire.BlockOf(b))
	return nil
}

func (s *Server) why(x *exchange) error {
	p := newParams(x.Request.URL)
	target := wantedTarget(p)
	if err := p.err(); err != nil {
		return err
	}
	x.JSON(http.StatusOK, whyOf(s.options.Operator.Why(target)))
	return nil
}

func whyOf(e respond.Explanation) wire.Why {
	w := wire.Why{
		Target: e.Target,
		Blocks: mapped(e.Blocks, func(h respond.Held) wire.WhyBlock {
			return wire.WhyBlock{Block: wire.BlockOf(h.Block), Denied: h.Denied}
		}),
		Ended:    mapped(e.Ended, endedOf),
		Evidence: []finding.Finding{},
		Audit:    mapped(e.Audit, func(a respond.AuditEntry) wire.AuditEntry { return wire.AuditEntry(a) }),
	}
	if e.Refusal != nil {
		w.Protected = e.Refusal.Reason
	}
	if e.Actor != nil {
		actor := actorOf(*e.Actor)
		w.Actor, w.Evidence = &actor, filledList(e.Actor.Evidence)
	}
	for _, d := range e.Discards {
		w.Discarded = append(w.Discarded, d.ID)
	}
	return w
}

func endedOf(e respond.Ended) wire.EndedBlock {
	return wire.EndedBlock{
		Block: wire.BlockOf(e.Block), Denied: e.Denied,
		Ended: wire.BlockEnd{How: e.How, At: e.At, By: e.By, Reason: e.Reason},
	}
}

// previewed is how far back a preview looks unless it is told.
const previewed = 24 * time.Hour

func (s *Server) preview(x *exchange) error {
	p := newParams(x.Request.URL)
	target, period := wantedTarget(p), p.period()
	if err := p.err(); err != nil {
		return err
	}
	if period.Until.IsZero() {
		period.Until = s.options.Now().UTC()
	}
	if period.Since.IsZero() {
		period.Since = period.Until.Add(-previewed)
	}
	v, err := s.options.History.Preview(x.Request.Context(), target, period)
	v.Routes = filledList(v.Routes)
	return one(x, v, err)
}

func wantedTarget(p *params) block.Target {
	target := read(p, "target", block.ParseTarget)
	if !target.Prefix().IsValid() && !slices.ContainsFunc(p.invalid, func(i wire.Invalid) bool { return i.Name == "target" }) {
		p.wrong("target", "want an address or a prefix")
	}
	return target
}
