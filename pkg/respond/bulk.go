package respond

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// MaxBulk is how many blocks one call may ask for.
const MaxBulk = 10_000

// putChunk is how many blocks are put at a time.
const putChunk = 1_000

// Bulk is many blocks that a person asks for together.
type Bulk struct {
	Items []AddBlock // their own keys and dry runs do not count
	// Reason is that of items without one.
	Reason string
	DryRun bool
	// IdempotencyKey covers the whole call.
	IdempotencyKey string
}

// BulkItem is what became of one block. Err is what AddBlock would have given.
type BulkItem struct {
	Added
	Err error
}

// BulkResult is what became of many blocks.
type BulkResult struct {
	Batch string     // names them together, for UndoBatch
	Items []BulkItem // in the order of the request
	// Approval is what the blocks wait for that need a second person; nil when
	// there are none. In a dry run it has no id.
	Approval *Approval
	// Already tells that somebody has asked for those before, and that they
	// wait: it is one approval, with the batch of then.
	Already bool
	Created int // made by this call
	Failed  int // with an Err
}

func (r *BulkResult) count() {
	for i := range r.Items {
		if r.Items[i].Created {
			r.Created++
		}
		if r.Items[i].Err != nil {
			r.Failed++
		}
	}
}

// batch is what is remembered of a bulk by its id.
type batch struct {
	ID     string    `json:"id"`
	Digest string    `json:"digest"` // of what was asked for
	At     time.Time `json:"at"`
}

// AddBlocks makes many blocks for a person, each judged on its own and all
// together by what they would hit. The error wraps ErrInvalid when the call
// makes no sense as a whole, and ErrKeyUsed too when its idempotency key was
// used for another list; what is wrong with one item is told there and keeps
// none of the others. A repeated call gives the same batch and makes what is
// missing.
func (s *Service) AddBlocks(ctx context.Context, by Caller, r Bulk) (BulkResult, error) {
	seen := s.lookAll(ctx, by, &r)
	if err := s.gate.enter(ctx); err != nil {
		return BulkResult{}, fmt.Errorf("add blocks: %w", err)
	}
	defer s.gate.leave()
	var w rowWriter
	result, err := s.addBlocks(ctx, &w, by, r, seen)
	detail := map[string]any{
		"items": len(r.Items), "made": result.Created, "failed": result.Failed, "reason": r.Reason, "dry_run": r.DryRun,
	}
	if result.Approval != nil {
		detail["approval"], detail["waiting"] = result.Approval.ID, len(result.Approval.Blocks)
	}
	return result, s.close(ctx, &w, by, "block.bulk", result.Batch, detail, err)
}

func (s *Service) addBlocks(ctx context.Context, w *rowWriter, by Caller, r Bulk, seen []sight) (BulkResult, error) {
	result := BulkResult{Items: make([]BulkItem, len(r.Items))}
	if len(r.Items) == 0 || len(r.Items) > MaxBulk {
		return result, fmt.Errorf("%w: %d blocks in one call: want 1 to %d", ErrInvalid, len(r.Items), MaxBulk)
	}
	for i := range r.Items {
		result.Items[i] = s.itemAsked(by, &r, i)
	}
	record, err := s.batchOf(by, &r, result.Items)
	if result.Batch = record.ID; err != nil {
		return result, err
	}
	allowed, waiting := s.judgeAll(by, seen, &result)
	if !r.DryRun {
		if err := s.remember(ctx, record); err != nil {
			return result, err
		}
	}
	if err := s.awaitAll(ctx, w, by, &result, waiting, r.DryRun); err != nil {
		return result, err
	}
	if !r.DryRun {
		s.makeAll(ctx, w, &result, allowed)
	}
	result.count()
	return result, result.away()
}

// judgeAll judges each item, then all together: it gives the places of those
// that may be made, and of those that wait for a second person.
func (s *Service) judgeAll(by Caller, seen []sight, result *BulkResult) (allowed, waiting []int) {
	var sum Day
	wide := breadth{}
	segments := s.checkSegments()
	for i := range result.Items {
		item := &result.Items[i]
		switch s.judgeItem(by, item, seen[i], result.Batch); {
		case item.Err != nil || item.Block.Revision != 0: // it was made before
			continue
		case item.Ruling.Word == NeedsApproval:
			segments.warn(&item.Ruling, item.Block.Segment)
			waiting = append(waiting, i)
		default:
			segments.warn(&item.Ruling, item.Block.Segment)
			allowed = append(allowed, i)
			wide.add(&item.Block)
			// What waits by itself hits nobody yet, and keeps no others waiting.
			if d := item.Ruling.Impact; d != nil {
				sum.Requests, sum.Successful, sum.Principals = sum.Requests+d.Requests, sum.Successful+d.Successful, sum.Principals+d.Principals
			}
		}
	}
	because := s.tooWide(by, wide)
	if because == nil {
		because = s.options.Ledger.preview("these blocks together", sum)
	}
	if because != nil && len(allowed) > 0 {
		for _, i := range allowed {
			result.Items[i].Ruling.Word, result.Items[i].Ruling.Because = NeedsApproval, because
		}
		waiting = slices.Sorted(slices.Values(append(waiting, allowed...)))
		allowed = nil
	}
	return allowed, waiting
}

// itemAsked is the block of one item, before anybody has judged it.
func (s *Service) itemAsked(by Caller, r *Bulk, i int) BulkItem {
	asked := r.Items[i]
	asked.IdempotencyKey = ""
	if asked.Reason == "" {
		asked.Reason = r.Reason
	}
	b, err := s.blockAsked(by, asked)
	return BulkItem{Added: Added{Block: b}, Err: err}
}

func (s *Service) judgeItem(by Caller, item *BulkItem, seen sight, id string) {
	b := &item.Block
	b.Batch = id
	if item.Err != nil {
		return
	}
	b.ID = block.NewID("bulk", id, b.Segment, b.Target.Key())
	done, err := s.doneBefore(b)
	if item.Err = err; err != nil {
		return
	}
	if done != nil {
		item.Block = *done
		return
	}
	item.Ruling = s.judgeListed(by, b, seen)
	if item.Err = item.Ruling.Err(); item.Err != nil {
		return
	}
	if held := s.there(b); held != nil {
		item.Block, item.Err = *held, fmt.Errorf("block %s: %w", held.Target, ErrExists)
	}
}

// awaitAll has the blocks wait together that need a second person.
func (s *Service) awaitAll(ctx context.Context, w *rowWriter, by Caller, result *BulkResult, waiting []int, dryRun bool) error {
	if len(waiting) == 0 {
		return nil
	}
	blocks := make([]block.Block, len(waiting))
	for n, i := range waiting {
		blocks[n] = result.Items[i].Block
	}
	var err error
	if result.Approval, err = s.pendingFor(&blocks[0]); err != nil {
		return err
	}
	if result.Approval == nil {
		asked := approvalOf(by, blocks, result.Items[waiting[0]].Ruling, s.now())
		if result.Approval, result.Already, err = s.awaitUnless(ctx, w, asked, dryRun); err != nil {
			return err
		}
	}
	for _, i := range waiting {
		result.Items[i].Approval = result.Approval
	}
	return nil
}

// makeAll makes the blocks that may be made at once.
func (s *Service) makeAll(ctx context.Context, w *rowWriter, result *BulkResult, allowed []int) {
	blocks := make([]block.Block, len(allowed))
	for n, i := range allowed {
		blocks[n] = result.Items[i].Block
	}
	for n, made := range s.putMany(ctx, w, blocks) {
		made.Ruling = result.Items[allowed[n]].Ruling
		result.Items[allowed[n]] = made
	}
}

// putMany is putAsked for any number of blocks.
func (s *Service) putMany(ctx context.Context, w *rowWriter, blocks []block.Block) []BulkItem {
	var items []BulkItem
	for chunk := range slices.Chunk(blocks, putChunk) {
		items = append(items, s.putAsked(ctx, w, chunk)...)
	}
	return items
}

// batchOf names a bulk. The error tells that its key was used for another.
func (s *Service) batchOf(by Caller, r *Bulk, items []BulkItem) (batch, error) {
	record := batch{Digest: digest(r, items), At: s.now()}
	seed := strconv.FormatInt(record.At.UnixNano(), 10)
	if r.IdempotencyKey != "" {
		seed = "key " + r.IdempotencyKey
	}
	record.ID = block.NewID("batch", by.Name, seed).String()
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.ledger.batches[record.ID]; ok {
		if known.Digest != record.Digest {
			return record, fmt.Errorf("%w: %w, for another list of blocks", ErrInvalid, ErrKeyUsed)
		}
		return known, nil
	}
	return record, nil
}

// remember keeps what a batch was asked for.
func (s *Service) remember(ctx context.Context, record batch) error {
	s.mu.Lock()
	_, known := s.ledger.batches[record.ID]
	s.ledger.batches[record.ID] = record
	s.touch()
	s.mu.Unlock()
	if known {
		return nil
	}
	return s.journal.add(ctx, journalEntry{Batch: &record})
}

// digest tells one list of blocks from another. Secrets go into it as the
// hashes that they are kept as.
func digest(r *Bulk, items []BulkItem) string {
	h := sha256.New()
	for i := range items {
		b := items[i].Block
		b.ID, b.CreatedAt, b.By = 0, time.Time{}, ""
		data, err := json.Marshal(b)
		if err != nil || !b.Target.Valid() {
			data = []byte(textOf(r.Items[i].Criteria))
		}
		_, _ = fmt.Fprintf(h, "%d %s\n", len(data), data)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
