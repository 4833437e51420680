package agent

import (
	"sync"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const (
	refusalShards = 16
	// maxRefusals bounds the blocks of which one report tells how many
	// requests they refused. Those of further blocks are counted together only.
	maxRefusals = 4096
)

// refusals counts refused requests by block since the last report, those that
// no log tells of too. It is safe for concurrent use.
type refusals struct{ shards [refusalShards]refusalShard }

type refusalShard struct {
	mu     sync.Mutex // for all below
	counts map[block.ID]uint64
	lost   uint64 // of blocks that there was no room for
}

func newRefusals() *refusals {
	r := new(refusals)
	for i := range r.shards {
		r.shards[i].counts = map[block.ID]uint64{}
	}
	return r
}

func (r *refusals) shard(id block.ID) *refusalShard { return &r.shards[id%refusalShards] }

func (r *refusals) add(id block.ID) { r.shard(id).add(id, 1) }

func (s *refusalShard) add(id block.ID, n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.counts[id]; !known && len(s.counts) >= maxRefusals/refusalShards {
		s.lost += n
		return
	}
	s.counts[id] += n
}

// take gives the counts and begins anew; nil when there are none.
func (r *refusals) take() map[block.ID]uint64 {
	var all map[block.ID]uint64
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for id, n := range s.counts {
			if all == nil {
				all = map[block.ID]uint64{}
			}
			all[id] = n
		}
		clear(s.counts)
		s.mu.Unlock()
	}
	return all
}

// giveBack adds what could not be told.
func (r *refusals) giveBack(counts map[block.ID]uint64) {
	for id, n := range counts {
		r.shard(id).add(id, n)
	}
}

// lost is how many refused requests no block was named for.
func (r *refusals) lost() (n uint64) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		n += s.lost
		s.mu.Unlock()
	}
	return n
}
