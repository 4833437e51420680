package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/store"
)

// fakeCounts is a store in which an address fails to sign in a few times a day.
type fakeCounts struct {
	mu    sync.Mutex // of this and of the rig around it
	err   error
	now   func() time.Time
	first int32           // day on which it began
	late  map[int32]int64 // events that came later
	asked []int32         // days that were asked for
}

func dayAt(t time.Time) int32 { return int32(t.Unix() / 86400) }

func (f *fakeCounts) ReceivedDays(_ context.Context, from, to int32) (days []store.ReceivedDay, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for day := max(from, f.first); day <= min(to, dayAt(f.now())); day++ {
		events := int64(100) + f.late[day]
		if day == dayAt(f.now()) {
			events += int64(f.now().Hour())
		}
		days = append(days, store.ReceivedDay{Day: day, Events: events})
	}
	return days, f.err
}

func (f *fakeCounts) ActorDays(_ context.Context, received int32, _ int) (days []slow.ActorDay, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, received)
	at := int64(received) * 86400e9
	for n := range 30 { // others sign in without a mistake
		days = append(days, slow.ActorDay{
			Actor: finding.Actor{Kind: finding.Address, Value: fmt.Sprintf("192.0.2.%d", n)}, Day: received, First: at, Last: at + 1, Requests: 5, Acts: 5, Logins: 2,
		})
	}
	return append(days, slow.ActorDay{
		Actor: finding.Actor{Kind: finding.Address, Value: "198.51.100.7"}, Day: received, First: at, Last: at + 1, Requests: 6, Acts: 6, Logins: 6, FailedLogins: 6, FailedFrom: 1,
	}), f.err
}

// slowRig is a job with what it told.
type slowRig struct {
	*slowJob
	counts *fakeCounts
	told   []string // day and rule of each finding
	ids    []string
	fail   error
	log    bytes.Buffer
}

func newSlowRig() *slowRig {
	r := &slowRig{counts: &fakeCounts{now: time.Now, first: dayAt(time.Now()), late: map[int32]int64{}}}
	r.restart()
	return r
}

func (r *slowRig) restart() {
	r.slowJob = newSlowJob(r.counts, func(_ context.Context, found []finding.Finding) error {
		r.counts.mu.Lock()
		defer r.counts.mu.Unlock()
		if r.fail != nil {
			return r.fail
		}
		for _, f := range found {
			r.told = append(r.told, fmt.Sprintf("%s %s on day %d", f.Rule, f.Actor, dayAt(f.Time)-r.counts.first))
			r.ids = append(r.ids, f.ID)
		}
		return nil
	}, slowOptions{Every: time.Hour, Judge: slow.Options{Days: 7}}, slog.New(slog.NewTextHandler(&r.log, nil)))
}

// change changes what the job meets from now on.
func (r *slowRig) change(do func()) {
	r.counts.mu.Lock()
	defer r.counts.mu.Unlock()
	do()
}

// begin runs the job until the test ends.
func (r *slowRig) begin(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestSlowBehaviourIsToldOnceAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSlowRig()
		stop := r.begin(t)
		time.Sleep(6*24*time.Hour + time.Hour)
		stop()
		want := []string{"behaviour.slow-guessing address:198.51.100.7 on day 2"}
		if len(r.told) == 2 { // the week of the calendar ended in between
			want = append(want, r.told[1])
		}
		if !slices.Equal(r.told, want) {
			t.Errorf("told %v", r.told)
		}
		for day, n := range map[int32]int{r.counts.first: 25, r.counts.first + 3: 25} {
			asked := len(slices.DeleteFunc(slices.Clone(r.counts.asked), func(d int32) bool { return d != day }))
			if asked > n {
				t.Errorf("day %d was asked for %d times", day-r.counts.first, asked)
			}
		}
		// After a restart the same is found, by the same ids.
		ids := slices.Clone(r.ids)
		r.restart()
		r.told, r.ids = nil, nil
		stop = r.begin(t)
		time.Sleep(time.Minute)
		stop()
		if !reflect.DeepEqual(r.ids, ids) {
			t.Errorf("first %v, after a restart %v", ids, r.ids)
		}
	})
}

func TestSlowBehaviourCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSlowRig()
		r.counts.err = errors.New("the store is away")
		stop := r.begin(t)
		defer stop()
		time.Sleep(4 * 24 * time.Hour)
		synctest.Wait()
		if n := strings.Count(r.log.String(), "cannot be judged"); n != 1 || len(r.told) > 0 {
			t.Errorf("told %v, logged %d times", r.told, n)
		}
		r.change(func() { r.counts.err, r.fail = nil, errors.New("the bus is away") })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		r.change(func() { r.fail = nil })
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(r.told) == 0 || r.told[0] != "behaviour.slow-guessing address:198.51.100.7 on day 2" {
			t.Errorf("told %v", r.told)
		}
	})
}

// What came late or was erased is counted again.
func TestSlowBehaviourAsksAgainWhatChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSlowRig()
		stop := r.begin(t)
		defer stop()
		time.Sleep(50 * time.Hour)
		synctest.Wait()
		r.change(func() { r.counts.asked, r.counts.late[r.counts.first] = nil, -3 })
		time.Sleep(time.Hour)
		synctest.Wait()
		if !slices.Equal(r.counts.asked, []int32{r.counts.first, dayAt(time.Now())}) {
			t.Errorf("asked for %v of %d", r.counts.asked, r.counts.first)
		}
	})
}

func TestBlindKinds(t *testing.T) {
	if got := blindKinds(map[string]string{"client_address": "network", "user": "hash"}); len(got) != 2 {
		t.Errorf("blind for %v", got)
	}
	if got := blindKinds(map[string]string{"user": "hash"}); len(got) != 0 {
		t.Errorf("blind for %v", got)
	}
}
