package bus

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// attacker is a bare connection with a real agent's credential.
func attacker(t *testing.T, w *world, name string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(w.url, nats.UserInfo(name, name), nats.Secure(w.server.ClientTLS),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// unanswered tells whether the server lets a request go nowhere.
func unanswered(nc *nats.Conn, subject string) bool {
	_, err := nc.Request(subject, nil, 500*time.Millisecond)
	return err != nil
}

func TestAgentReachesNothingElse(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "taken", "eu")
		w.enrol(t, "victim", "us")
		nc := attacker(t, w, "taken")
		var wg sync.WaitGroup
		for _, subject := range []string{
			linesSubject("victim", "web", testFile), linesSubject(Local, "web", testFile), "lines.x",
			"last.victim.web." + testFile, "hello.victim", "report.victim", "touch.victim", "retries.victim", "retried.victim", "snapshot.taken.us", "snapshot.victim.us", "snapshot.victim.eu", "snapshot.us",
			"records.findings", "dead.failed", "checkpoint.respond.head",
			"$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.DELETE.LINES", "$JS.external.API.INFO",
			bucketSubject(blocksBucket, "all.address.c0000201"), bucketSubject(agentsBucket, "agent.taken"),
			"$SYS.REQ.SERVER.PING", "heartbeat.eu", "delta.eu.address.c0000201", "withdraw.victim",
		} {
			wg.Go(func() {
				if !unanswered(nc, subject) {
					t.Errorf("%s is answered", subject)
				}
			})
		}
		wg.Wait()
		if _, err := nc.Request("hello.taken", nil, patience); err != nil {
			t.Errorf("the attacker's own requests are not answered: this test shows nothing: %v", err)
		}
		if len(w.Blocks().List()) != 0 {
			t.Errorf("blocks were made: %+v", w.Blocks().List())
		}
	})
}

// An acknowledgement goes to the subject that the publisher asked for: in a
// shared account that may be the key of a block.
func TestReplySubjectStaysInTheAgentsAccount(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "taken", "eu")
		nc := attacker(t, w, "taken")
		m := nats.NewMsg(linesSubject("taken", "web", testFile))
		for _, reply := range []string{
			bucketSubject(blocksBucket, "all.address.c0000201"), "records.findings", linesSubject("victim", "web", testFile), "delta.all.address.c0000201",
		} {
			m.Reply = reply
			if err := nc.PublishMsg(m); err != nil {
				t.Fatal(err)
			}
		}
		stream, err := w.js.Stream(t.Context(), linesStream)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the batches themselves arrive", func() bool {
			info, err := stream.Info(t.Context())
			return err == nil && info.State.Msgs == 4
		})
		for _, name := range []string{blocksStream, recordsStream} {
			s, err := w.js.Stream(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if n := s.CachedInfo().State.Msgs; n != 0 {
				t.Errorf("%s has %d messages", name, n)
			}
		}
	})
}

func TestAgentHearsItsOwnSegmentsOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "taken", "eu")
		w.enrol(t, "victim", "us")
		nc := attacker(t, w, "taken")
		heard := make(chan *nats.Msg, 1<<10)
		for _, subject := range []string{">", "delta.>", "delta.us.>", "heartbeat.us", "withdraw.*", "lines.>", "$KV.>", "records.>"} {
			if _, err := nc.ChanSubscribe(subject, heard); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := nc.ChanSubscribe("delta.eu.>", heard); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		w.put(t, blockOn("us", "192.0.2.1"))
		if err := w.Withdraw(t.Context(), "victim", 1); err != nil {
			t.Fatal(err)
		}
		w.put(t, blockOn("eu", "192.0.2.2"))
		m := <-heard
		if m.Subject != "delta.eu.address.c0000202" || len(m.Data) != 0 || m.Header.Get(headerDelta) == "" {
			t.Errorf("heard %s %v %q, want the delta of eu without its body", m.Subject, m.Header, m.Data)
		}
		if len(heard) != 0 {
			t.Errorf("and %d more, first %s", len(heard), (<-heard).Subject)
		}
	})
}

// Headers are commands to the stream, and an agent writes its own.
func TestHeadersOfAnAgentDoNotHarmOthers(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "taken")
	w.enrol(t, "victim")
	victim := w.follow(t, "victim")
	first := publishOne(t, victim, 0, 0)
	nc := attacker(t, w, "taken")
	for header, value := range map[string]string{
		jetstream.MsgRollup: jetstream.MsgRollupAll, jetstream.MsgIDHeader: testFile + ":1-2", jetstream.MsgTTLHeader: "1s",
	} {
		m := nats.NewMsg(linesSubject("taken", "web", testFile))
		m.Header.Set(header, value)
		if _, err := nc.RequestMsg(m, patience); err != nil {
			t.Fatal(err)
		}
	}
	if second := publishOne(t, victim, 1, first); second <= first {
		t.Errorf("the victim's second batch got sequence %d after %d", second, first)
	}
	mark, err := victim.Last(t.Context(), "web", testFile)
	if err != nil || mark.End.Offset != 2 {
		t.Errorf("the victim's file ends at %+v, %v", mark, err)
	}
}

func TestRefusedAndRevokedAgents(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	stranger := w.follow(t, "stranger")
	if err := <-stranger.ended; !errors.Is(err, ErrRefused) {
		t.Errorf("a stranger's Follow: %v, want ErrRefused", err)
	}
	stranger.ended <- nil
	g := w.follow(t, "edge")
	eventually(t, "the agent is linked", func() bool { return w.server.Connected("edge") && g.inStep(w, block.All) })
	if err := w.Agents().Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	if err := <-g.ended; !errors.Is(err, ErrRefused) {
		t.Errorf("a revoked agent's Follow: %v, want ErrRefused", err)
	}
	g.ended <- nil
	w.enrol(t, "edge") // the name is free again
	again := w.follow(t, "edge")
	eventually(t, "the agent enrolled anew is linked", func() bool { return w.server.Connected("edge") })
	if err := again.Touch(t.Context(), finding.Finding{ID: "f", Tier: finding.Log}); err != nil {
		t.Error(err)
	}
}
