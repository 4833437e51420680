package httpapi

import (
	"errors"
	"net/http"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
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
	segment, by, rule, batch := read(p, "segment", segmentName), p.text("by"), p.text("rule"), p.text("batch")
	mode, action, scope := read(p, "mode", parsed[block.Mode]), read(p, "action", parsed[block.Action]), read(p, "scope", scopeName)
	target := read(p, "target", hashedTarget)
	return func(b *block.Block) bool {
		return (segment == "" || b.Segment == segment) &&
			(by == "" || b.By == by) &&
			(rule == "" || b.Rule == rule) &&
			(batch == "" || b.Batch == batch) &&
			(mode == nil || b.Mode == *mode) &&
			(action == nil || b.Action == *action) &&
			(scope == "" || b.Target.Scope() == scope) &&
			(!target.Valid() || concerns(b.Target, target))
	}
}

// concerns tells whether a block is on something that is asked for: on an
// address in common where there are addresses, and on every other criterion.
func concerns(blocked, asked block.Target) bool {
	p := asked.Prefix()
	return !slices.ContainsFunc(asked.Criteria(), func(c block.Criterion) bool {
		if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
			return !blocked.Prefix().IsValid() || !blocked.Prefix().Overlaps(p)
		}
		v, ok := blocked.Value(c.Scope)
		return !ok || v != c.Value
	})
}

// hashedTarget reads a target in which a secret stands by its hash. In the
// clear it does not belong into a URL, which may be logged on the way.
func hashedTarget(s string) (block.Target, error) {
	criteria, err := wire.ParseCriteria(s)
	if err != nil {
		return block.Target{}, err
	}
	if criteria.Secret() {
		return block.Target{}, errors.New("want the hash of a user, key, token or session here; POST /api/v1/blocks/why takes it in the clear")
	}
	return block.NewTarget(criteria...)
}

// scopeName reads a scope, or ScopeAll for a target of several criteria.
func scopeName(s string) (block.Scope, error) {
	if block.Scope(s) == block.ScopeAll {
		return block.ScopeAll, nil
	}
	return block.ParseScope(s)
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
	d = wire.BlockDetail{Block: &b, Live: ended == nil, Denied: held.Denied, ToldByGateways: held.ByGateways}
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
	var f faults
	f.reason(reason)
	for _, wrong := range f {
		p.wrong(wrong.Name, wrong.Reason)
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
