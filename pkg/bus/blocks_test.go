package bus

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestBlocksPutReplaceRemove(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		l := w.Blocks()
		first := w.put(t, blockOn("eu", "192.0.2.1"))
		if first.Revision == 0 {
			t.Fatal("a stored block has no revision")
		}
		again, err := l.Put(t.Context(), blockOn("eu", "192.0.2.1"))
		if !errors.Is(err, respond.ErrExists) || again.Revision != first.Revision {
			t.Errorf("Put on a held target = revision %d, %v; want %d, ErrExists", again.Revision, err, first.Revision)
		}
		longer := first
		longer.LifetimeSeconds = 7200
		second, err := l.Replace(t.Context(), first, longer)
		if err != nil || second.Revision <= first.Revision {
			t.Fatalf("Replace = revision %d, %v", second.Revision, err)
		}
		if _, err := l.Replace(t.Context(), first, longer); !errors.Is(err, respond.ErrExists) {
			t.Errorf("Replace of an old revision: %v, want ErrExists", err)
		}
		other := second
		other.ID++
		if err := l.Remove(t.Context(), other); !errors.Is(err, respond.ErrNotFound) {
			t.Errorf("Remove of another block: %v, want ErrNotFound", err)
		}
		if err := l.Remove(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		if _, held := l.Get("eu", first.Target); held || len(l.List()) != 0 {
			t.Errorf("a removed block is still listed: %+v", l.List())
		}
		if third := w.put(t, blockOn("eu", "192.0.2.1")); third.Revision <= second.Revision {
			t.Errorf("put after removal has revision %d, not above %d", third.Revision, second.Revision)
		}
	})
}

func TestPutRefusesBadBlocks(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	over := blockOn("eu", "192.0.2.1")
	over.CreatedAt = time.Now().Add(-2 * time.Hour)
	for name, b := range map[string]block.Block{"invalid": {}, "over": over} {
		if _, err := w.Blocks().Put(t.Context(), b); err == nil {
			t.Errorf("%s block is taken", name)
		}
	}
}

// A block that another process has put is known by the bucket alone at first.
func TestPutAsksTheBucketWhenMemoryIsBehind(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	held := w.put(t, blockOn("eu", "192.0.2.1"))
	outcome := w.Blocks().contend(t.Context(), blockOn("eu", "192.0.2.1"))
	if !errors.Is(outcome.Err, respond.ErrExists) || outcome.Block.Revision != held.Revision {
		t.Errorf("contend = revision %d, %v; want %d, ErrExists", outcome.Block.Revision, outcome.Err, held.Revision)
	}
	if err := w.Blocks().Remove(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if outcome = w.Blocks().contend(t.Context(), blockOn("eu", "192.0.2.1")); outcome.Err != nil {
		t.Errorf("contend after removal: %v", outcome.Err)
	}
}

func TestAgentsFollowTheirSegments(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge", "eu")
		w.put(t, blockOn("eu", "192.0.2.1"))
		g := w.follow(t, "edge")
		eventually(t, "the block made before is enforced", func() bool { return g.denies("192.0.2.1") })
		w.put(t, blockOn(block.All, "192.0.2.2"))
		w.put(t, blockOn("us", "192.0.2.3"))
		removed := w.put(t, blockOn("eu", "192.0.2.4"))
		eventually(t, "blocks are enforced", func() bool { return g.denies("192.0.2.2") && g.denies("192.0.2.4") })
		if err := w.Blocks().Remove(t.Context(), removed); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the agent is in step", func() bool { return g.inStep(w, "eu") && g.inStep(w, block.All) })
		if g.denies("192.0.2.3") || g.denies("192.0.2.4") {
			t.Error("a block of another segment, or one that was removed, is enforced")
		}
	})
}

func TestExpiryReachesAgents(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge")
		g := w.follow(t, "edge")
		b := blockOn(block.All, "192.0.2.1")
		b.LifetimeSeconds = 1
		stored := w.put(t, b)
		eventually(t, "the block reaches the agent", func() bool { return g.inStep(w, block.All) })
		eventually(t, "it expires at the service", func() bool { return w.Blocks().Versions()[block.All].Count == 0 })
		eventually(t, "it expires at the agent", func() bool { return g.inStep(w, block.All) })
		if v := g.replica.Versions()[block.All]; v.Revision <= stored.Revision || g.denies("192.0.2.1") {
			t.Errorf("after expiry the agent has %+v", v)
		}
		w.put(t, blockOn(block.All, "192.0.2.1"))
		eventually(t, "the target is blocked anew", func() bool { return g.denies("192.0.2.1") })
	})
}

func TestAgentsConvergeAfterRestartOfTheService(t *testing.T) {
	at := where{dir: t.TempDir()}
	w := start(t, at)
	w.enrol(t, "edge", "eu")
	g := w.follow(t, "edge")
	gone := w.put(t, blockOn("eu", "192.0.2.1"))
	w.put(t, blockOn("eu", "192.0.2.2"))
	eventually(t, "the agent is in step", func() bool { return g.inStep(w, "eu") })
	before := w.Blocks().Versions()["eu"]
	w.stop()
	if !g.denies("192.0.2.1") {
		t.Error("without the service the block is not enforced")
	}
	w = start(t, at)
	if after := w.Blocks().Versions()["eu"]; after != before {
		t.Errorf("version after restart %+v, before %+v", after, before)
	}
	if err := w.Blocks().Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	// The service has another port and certificate now, so the agent comes back
	// as after a restart of its own: with nothing.
	again := w.follow(t, "edge")
	eventually(t, "the agent converges", func() bool { return again.inStep(w, "eu") })
	if again.denies("192.0.2.1") || !again.denies("192.0.2.2") {
		t.Error("the agent enforces another set than the service has")
	}
}

// The failure that other systems have: a block that is made while an agent
// synchronises never reaches it, or one that was removed comes back.
func TestNoBlockIsMissedByAgentsThatReconnect(t *testing.T) {
	const blocks, size, agents = 20_000, 500, 5
	w := start(t, where{dir: t.TempDir()})
	var gateways []*gateway
	for i := range agents {
		name := fmt.Sprintf("edge-%d", i)
		w.enrol(t, name)
		gateways = append(gateways, w.follow(t, name))
	}
	random := rand.New(rand.NewPCG(1, 2))
	var took time.Duration
	for at := 0; at < blocks; at += size {
		w.server.Disconnect(fmt.Sprintf("edge-%d", random.IntN(agents)))
		began := time.Now()
		putMany(t, w, at, size)
		took += time.Since(began)
		removeOne(t, w, at+random.IntN(size))
	}
	t.Logf("%d blocks put in %s", blocks, took)
	reconnects := 0
	for _, g := range gateways {
		eventually(t, "an agent is in step", func() bool { return g.inStep(w, block.All) })
		g.mu.Lock()
		reconnects += g.linked - 1
		g.mu.Unlock()
	}
	if v := w.Blocks().Versions()[block.All]; v.Count != blocks-blocks/size || reconnects == 0 {
		t.Errorf("%d blocks, %d reconnections; want %d and more than 0", v.Count, reconnects, blocks-blocks/size)
	}
}

// One key that is held behind memory's back refuses its batch; the others are
// put one by one then.
func TestBatchWithAHeldKey(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		twice := []block.Block{blockOn("eu", "192.0.2.1"), blockOn("eu", "192.0.2.2"), blockOn("eu", "192.0.2.1")}
		outcomes := w.Blocks().PutAll(t.Context(), twice)
		if outcomes[0].Err != nil || outcomes[1].Err != nil || !errors.Is(outcomes[2].Err, respond.ErrExists) {
			t.Errorf("outcomes %+v, want the last to exist", outcomes)
		}
		if outcomes[2].Block.Revision != outcomes[0].Block.Revision || len(w.Blocks().List()) != 2 {
			t.Errorf("revision %d, blocks %d", outcomes[2].Block.Revision, len(w.Blocks().List()))
		}
		var many []block.Block
		for n := range 2*window + 1 {
			many = append(many, blockOn("eu", address(n)))
		}
		for _, o := range w.Blocks().PutAll(t.Context(), many) {
			if b, held := w.Blocks().Get("eu", o.Block.Target); o.Err != nil || !held || b.Revision != o.Block.Revision {
				t.Fatalf("outcome %+v, in memory %+v", o, b)
			}
		}
	})
}

// What is replaced or removed together is settled each on its own, also where
// one of them refuses the batch.
func TestManyAreReplacedAndRemoved(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge", "eu")
		g := w.follow(t, "edge")
		held := make([]block.Block, 2*window+1)
		for i := range held {
			held[i] = blockOn("eu", address(i))
		}
		for i, o := range w.Blocks().PutAll(t.Context(), held) {
			if held[i] = o.Block; o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		changes := make([]respond.Replacement, len(held))
		for i, b := range held {
			changes[i] = respond.Replacement{Old: b, New: b}
			changes[i].New.LifetimeSeconds = 7200
		}
		changes[7].Old.Revision--
		for i, o := range w.Blocks().ReplaceAll(t.Context(), changes) {
			if i == 7 && errors.Is(o.Err, respond.ErrExists) {
				continue
			}
			if held[i] = o.Block; o.Err != nil || o.Block.Revision <= changes[i].Old.Revision {
				t.Fatalf("replaced block %d: %+v", i, o)
			}
		}
		twice := append(slices.Clone(held), held[len(held)-1])
		for i, err := range w.Blocks().RemoveAll(t.Context(), twice) {
			if gone := errors.Is(err, respond.ErrNotFound); i < len(held) && err != nil || i == len(held) && !gone {
				t.Fatalf("removed block %d: %v", i, err)
			}
		}
		eventually(t, "the agent is in step", func() bool { return g.inStep(w, "eu") })
		if left := len(w.Blocks().List()); left != 0 || g.denies(address(1)) {
			t.Errorf("%d blocks are left", left)
		}
		w.put(t, blockOn("eu", address(1)))
	})
}

// A block that memory holds and the bucket does not any more is not found; one
// that it holds in another version is removed.
func TestRemovalAsksTheBucketWhenMemoryIsBehind(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	held := w.put(t, blockOn("eu", "192.0.2.1"))
	if err := w.Blocks().contendRemoval(t.Context(), &held); err != nil {
		t.Fatal(err)
	}
	if err := w.Blocks().contendRemoval(t.Context(), &held); !errors.Is(err, respond.ErrNotFound) {
		t.Errorf("second removal: %v, want ErrNotFound", err)
	}
}

func address(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255) }

func putMany(t *testing.T, w *world, from, n int) {
	t.Helper()
	list := make([]block.Block, 0, n)
	for i := range n {
		list = append(list, blockOn(block.All, address(from+i)))
	}
	for _, o := range w.Blocks().PutAll(t.Context(), list) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
}

func removeOne(t *testing.T, w *world, n int) {
	t.Helper()
	target, _ := block.ParseTarget(address(n))
	b, held := w.Blocks().Get(block.All, target)
	if !held {
		t.Fatalf("no block on %s", target)
	}
	if err := w.Blocks().Remove(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func TestPutsAtTheSameTimeGiveOneBlock(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	var wg sync.WaitGroup
	made := make(chan block.Block, 16)
	for i := range 16 {
		wg.Go(func() {
			b := blockOn("eu", "192.0.2.1")
			b.ID += block.ID(i)
			if stored, err := w.Blocks().Put(t.Context(), b); err == nil {
				made <- stored
			} else if !errors.Is(err, respond.ErrExists) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("%d of 16 puts on one target made a block", len(made))
	}
}
