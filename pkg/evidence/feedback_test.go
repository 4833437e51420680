package evidence

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

var spraying = Subject{Rule: "spraying", Kind: finding.Address}

func vote(id string, keep bool, at time.Time) Vote {
	return Vote{ID: id, Subject: spraying, Keep: keep, By: "ana", At: at}
}

func TestFeedbackMovesWithinBounds(t *testing.T) {
	f := func(keeps, discards int, least, most float64) {
		t.Helper()
		b := NewFeedback(NewScale(Options{}))
		for i := range keeps {
			b.Add(saidBy(i, vote(fmt.Sprint("k", i), true, epoch)))
		}
		for i := range discards {
			b.Add(saidBy(i, vote(fmt.Sprint("d", i), false, epoch)))
		}
		if got := b.Shift(spraying, epoch); got < least || got > most {
			t.Errorf("%d keeps and %d discards shift by %.2f, want %v to %v", keeps, discards, got, least, most)
		}
	}
	f(0, 0, 0, 0)
	f(1, 1, 0, 0)
	f(1, 0, 0.4, 0.6)
	f(0, 1, -0.6, -0.4)
	f(0, 4, -1.4, -1.1)
	f(0, 12, -2.3, demotes)
	f(0, 2000, -maxShift, -maxShift)
	f(2000, 0, maxShift, maxShift)
}

// saidBy has a vote be one of many analysts, five words each.
func saidBy(i int, v Vote) Vote {
	v.By = fmt.Sprint("analyst ", i/5)
	return v
}

// However much one analyst discards, a rule goes on to notify.
func TestOneAnalystSilencesNothing(t *testing.T) {
	b := NewFeedback(NewScale(Options{}))
	for i := range 1000 {
		b.Add(vote(fmt.Sprint(i), false, epoch))
	}
	if got := b.Shift(spraying, epoch); got <= demotes || got > -1.5 {
		t.Errorf("one analyst shifts by %.2f", got)
	}
	for i := range oneSays {
		v := vote(fmt.Sprint("b", i), false, epoch)
		v.By = "bob"
		b.Add(v)
	}
	if got := b.Shift(spraying, epoch); got > demotes {
		t.Errorf("two shift by %.2f", got)
	}
}

func TestFeedbackIsOneWordEachAndCanBeTakenBack(t *testing.T) {
	b := NewFeedback(NewScale(Options{}))
	if !b.Add(vote("a", true, epoch)) || b.Add(vote("a", true, epoch)) || !b.Add(vote("b", false, epoch)) {
		t.Error("votes are counted wrongly")
	}
	if got := b.Opinions(epoch); len(got) != 1 || got[0].Keeps != 1 || got[0].Discards != 1 || !got[0].Last.Equal(epoch) {
		t.Errorf("opinions are %+v", got)
	}
	if gone := b.Remove("b"); len(gone) != 1 || b.Shift(spraying, epoch) <= 0 || len(b.Remove("b")) != 0 {
		t.Errorf("taken back: %+v, shift %v", gone, b.Shift(spraying, epoch))
	}
	if other := b.Shift(Subject{"spraying", finding.User}, epoch); other != 0 {
		t.Errorf("another kind of actor is shifted by %v", other)
	}
	if _, ok := b.Vote("a"); !ok || b.For(finding.Address, epoch)("spraying") <= 0 {
		t.Error("the vote is not there")
	}
	if NewFeedback(NewScale(Options{})).For(finding.Address, epoch).of("x") != 0 {
		t.Error("no feedback moves something")
	}
}

func TestFeedbackForgetsNames(t *testing.T) {
	b := NewFeedback(NewScale(Options{}))
	named := vote("a", true, epoch)
	named.Reason = "mallory told us"
	b.Add(named)
	b.Add(vote("b", true, epoch))
	n := b.Redact(func(text string) bool { return strings.Contains(text, "mallory") }, "erased")
	if v, _ := b.Vote("a"); n != 1 || v.Reason != "erased" {
		t.Errorf("%d reasons, %+v", n, v)
	}
}

func TestFeedbackFades(t *testing.T) {
	b := NewFeedback(NewScale(Options{FeedbackHalfLife: time.Hour}))
	b.Add(vote("a", false, epoch))
	if got := b.Opinions(after(1))[0].Discards; math.Abs(got-0.5) > 1e-9 {
		t.Errorf("%v left after a half-life", got)
	}
	if b.Rescale(NewScale(Options{})); b.Opinions(after(1))[0].Discards < 0.9 {
		t.Error("the new half-life is not used")
	}
}

func TestFeedbackIsBoundedAndRoundTrips(t *testing.T) {
	b := NewFeedback(NewScale(Options{}))
	for i := range maxVotes + 10 {
		b.Add(vote(fmt.Sprint(i), i%2 == 0, epoch))
	}
	if _, ok := b.Vote("0"); ok || len(b.Votes()) != maxVotes {
		t.Errorf("%d votes", len(b.Votes()))
	}
	data, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	c := NewFeedback(NewScale(Options{}))
	if err := json.Unmarshal(data, c); err != nil || c.Shift(spraying, epoch) != b.Shift(spraying, epoch) || len(c.Votes()) != maxVotes {
		t.Errorf("came out with %d votes, %v", len(c.Votes()), err)
	}
	if err := json.Unmarshal([]byte("7"), c); err == nil {
		t.Error("a number was read as feedback")
	}
}
