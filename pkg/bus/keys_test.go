package bus

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ring makes match keys for tests.
type ring struct{ generation atomic.Int32 }

// keys are the current key and the one before.
func (r *ring) keys(segment string) []block.MatchKey {
	n := byte(r.generation.Load())
	return []block.MatchKey{matchKey(segment, n+1), matchKey(segment, n)}
}

func matchKey(segment string, generation byte) block.MatchKey {
	secret := [32]byte{generation}
	copy(secret[1:], segment)
	return block.NewMatchKey(secret)
}

func (r *ring) use(o *Options) { o.MatchKeys = r.keys }

func (g *gateway) hasKeys(segments []string, r *ring) bool {
	for _, s := range segments {
		if !slices.Equal(g.replica.MatchKeys()[s], r.keys(s)) {
			return false
		}
	}
	return len(g.replica.MatchKeys()) == len(segments)
}

func TestAgentsGetTheKeysOfTheirSegments(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		var r ring
		w := start(t, at, r.use)
		w.enrol(t, "edge", "eu")
		w.enrol(t, "web", "us")
		byBus := w.follow(t, "edge")
		byHTTP := &stream{gateway: gateway{replica: block.NewReplica(), epoch: time.Now()}}
		w.attach(t, "web", byHTTP)
		for range 2 {
			eventually(t, "the agents have the keys", func() bool {
				return byBus.hasKeys([]string{block.All, "eu"}, &r) && byHTTP.hasKeys([]string{block.All, "us"}, &r)
			})
			r.generation.Add(1)
		}
	})
}

func TestBlocksOnSecretsAreEnforced(t *testing.T) {
	var r ring
	w := start(t, where{dir: t.TempDir()}, r.use)
	w.enrol(t, "edge", "eu")
	g := w.follow(t, "edge")
	target, err := block.NewTarget(block.Criterion{Scope: block.ScopeUser, Value: r.keys("eu")[1].Hash(block.ScopeUser, "mallory")})
	if err != nil {
		t.Fatal(err)
	}
	b := blockOn("eu", "192.0.2.1")
	b.Target = target
	w.put(t, b)
	denies := func(user string) bool { return g.replica.Decide(&block.Request{User: user}, g.now()).Denied() }
	eventually(t, "the user is refused", func() bool { return denies("mallory") })
	if denies("alice") {
		t.Error("another user is refused")
	}
}

// The keys of a segment unmask its users to whoever guesses their names.
func TestTakenAgentGetsNoKeysOfOthers(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		var r ring
		w := start(t, at, r.use)
		w.enrol(t, "taken", "eu")
		w.enrol(t, "victim", "us")
		nc := attacker(t, w, "taken")
		heard := make(chan *nats.Msg, 1<<10)
		for _, subject := range []string{">", "hello.>", "_INBOX.>", "heartbeat.>", "heartbeat.us", "delta.us.>", "delta.eu.>", "heartbeat.eu"} {
			if _, err := nc.ChanSubscribe(subject, heard); err != nil {
				t.Fatal(err)
			}
		}
		victim := w.follow(t, "victim")
		eventually(t, "the victim has its keys", func() bool { return victim.hasKeys([]string{block.All, "us"}, &r) })
		if !unanswered(nc, "hello.victim") {
			t.Error("the greeting of another agent is answered")
		}
		r.generation.Add(1)
		eventually(t, "the victim has new keys", func() bool { return victim.hasKeys([]string{block.All, "us"}, &r) })
		w.put(t, blockOn("us", "192.0.2.1"))
		w.put(t, blockOn("eu", "192.0.2.2"))
		own := greetingOf(t, nc, "taken")
		for _, m := range until(heard, "delta.eu.address.c0000202") {
			if strings.HasSuffix(m.Subject, ".us") || strings.HasPrefix(m.Subject, "delta.us") || strings.Contains(string(m.Data), "secret") {
				t.Errorf("heard %s %q", m.Subject, m.Data)
			}
		}
		if len(own.Keys) != 2 || own.Keys["us"] != nil || !slices.Equal(own.Keys["eu"], r.keys("eu")) {
			t.Errorf("its own keys are %v", own.Keys)
		}
	})
}

// until takes what was heard up to a message on a subject.
func until(heard <-chan *nats.Msg, subject string) (list []*nats.Msg) {
	for m := range heard {
		if list = append(list, m); m.Subject == subject {
			return list
		}
	}
	return nil
}

func greetingOf(t *testing.T, nc *nats.Conn, agent string) (g greeting) {
	t.Helper()
	m, err := nc.Request("hello."+agent, nil, patience)
	if err == nil {
		err = json.Unmarshal(m.Data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}
