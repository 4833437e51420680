package bouncer

import (
	"strconv"
	"testing"
	"time"
)

// Whoever has a key and another name with each question takes no more memory
// than so many bouncers, and who asks as always is told what is new.
func TestAsManyBouncersAsThereMayBe(t *testing.T) {
	c, now := newClients(time.Unix(0, 0)), time.Unix(0, 0)
	good := client{token: "edge", agent: "caddy/1"}
	for i := range 3 * mostSeen {
		now = now.Add(time.Millisecond)
		c.told(client{token: "edge", agent: strconv.Itoa(i)}, "1", 7, false, now)
		if i%1000 == 0 {
			c.told(good, "2", 8, false, now)
		}
	}
	if n := len(c.byID); n > mostSeen {
		t.Errorf("%d bouncers are remembered", n)
	}
	if revision, known := c.base(good, "2", now); !known || revision != 8 {
		t.Errorf("the bouncer that asks as always is not known: %d %v", revision, known)
	}
	now = now.Add(stays + time.Hour)
	c.told(good, "3", 9, false, now)
	if n := len(c.byID); n != 1 {
		t.Errorf("%d bouncers are remembered after a day", n)
	}
}

// A bouncer with a connection for each question, which proves nothing, gets all
// again after a restart of ours for a while, and not for ever.
func TestConnectionsOfOneQuestionAreToldAllSoOftenOnly(t *testing.T) {
	c, now := newClients(time.Unix(0, 0)), time.Unix(0, 0)
	who := client{token: "edge", agent: "cron/1"}
	all := 0
	for i := range 30 {
		now = now.Add(time.Minute)
		_, known := c.base(who, strconv.Itoa(i), now)
		if !known {
			all++
		}
		c.told(who, strconv.Itoa(i), uint64(i+1), !known, now)
	}
	if all != 16 {
		t.Errorf("%d answers had everything: want those of %s", all, quiet)
	}
	if revision, known := c.base(who, "new", now); !known || revision != 30-keptAnswers+1 {
		t.Errorf("it is told what is new since %d %v", revision, known)
	}
}
