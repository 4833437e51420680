package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/prometheus/client_golang/prometheus"
)

// schedule runs f in fake time beside a Poster that posts to servers, and
// stops it.
func schedule(t *testing.T, o Options, servers []*fakeServer, f func(t *testing.T, p *Poster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for i, s := range servers {
			o.Targets = append(o.Targets, Target{URL: "http://am" + strconv.Itoa(i), Transport: s})
		}
		p := newTestPoster(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		f(t, p)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func newTestPoster(t *testing.T, o Options) *Poster {
	t.Helper()
	p, err := New(o, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return p
}

// post posts, and waits until everything that follows at once has happened.
func post(t *testing.T, p *Poster, alerts ...respond.Alert) {
	t.Helper()
	if err := p.Post(t.Context(), alerts); err != nil {
		t.Fatalf("Post: %v", err)
	}
	synctest.Wait()
}

// pass lets fake time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestPostIsDeliveredAtOnceAndInOneRequest(t *testing.T) {
	am := &fakeServer{}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		post(t, p, named("notify"))
		am.take()
		now := time.Now()
		post(t, p, named("page"), ended("notify", now))
		got := am.take()
		if len(got) != 1 || !got[0].at.Equal(now) {
			t.Fatalf("an escalation made %d requests, want one at once", len(got))
		}
		want := []fakeAlert{{"page", now.Add(5 * time.Minute)}, {"notify", now}}
		if !slices.EqualFunc(got[0].alerts, want, sameAlert) {
			t.Errorf("got %v, want %v", got[0].alerts, want)
		}
	})
}

// sameAlert compares as the wire does, to the millisecond.
func sameAlert(a, b fakeAlert) bool {
	return a.name == b.name && a.endsAt.Sub(b.endsAt).Abs() < time.Millisecond
}

func TestBatchesHoldAHundred(t *testing.T) {
	am := &fakeServer{}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		var many []respond.Alert
		for i := range 250 {
			many = append(many, named(strconv.Itoa(i)))
		}
		post(t, p, many...)
		var sizes []int
		for _, r := range am.take() {
			sizes = append(sizes, len(r.alerts))
		}
		if !slices.Equal(sizes, []int{100, 100, 50}) {
			t.Errorf("batches of %v, want 100, 100, 50", sizes)
		}
	})
}

func TestActiveAlertNeverResolvesByItself(t *testing.T) {
	am := &fakeServer{}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		post(t, p, named("a"))
		pass(3 * time.Hour)
		until := time.Now()
		requests := am.take()
		for i, r := range requests {
			next := until
			if i+1 < len(requests) {
				next = requests[i+1].at
			}
			if end := r.alerts[0].endsAt; !end.After(next) {
				t.Fatalf("resolved by itself at %v, posted again only at %v", end, next)
			}
		}
	})
}

func TestEndIsRepeatedAndThenForgotten(t *testing.T) {
	am := &fakeServer{}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		post(t, p, named("a"))
		am.take()
		end := time.Now()
		post(t, p, ended("a", end))
		pass(14*time.Minute + time.Second)
		got := alertsOf(am.take())
		if len(got) != 15 {
			t.Errorf("the end was posted %d times in 14 minutes, want 15", len(got))
		}
		for _, a := range got {
			if !sameAlert(a, fakeAlert{"a", end}) {
				t.Errorf("posted as %v, want its end at %v", a, end)
			}
		}
		pass(10 * time.Minute)
		am.take()
		pass(time.Hour)
		if got := am.take(); len(got) != 0 {
			t.Errorf("%d requests after it should have been forgotten", len(got))
		}
	})
}

func TestNothingIsLostWhileAlertmanagerIsAway(t *testing.T) {
	am := &fakeServer{away: true}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		post(t, p, named("lasting"), named("brief"))
		pass(time.Hour)
		post(t, p, ended("brief", time.Now()))
		pass(time.Hour)
		am.set(func(s *fakeServer) { s.away = false })
		pass(30 * time.Second)
		now := time.Now()
		got := alertsOf(am.take())
		for _, name := range []string{"lasting", "brief"} {
			i := slices.IndexFunc(got, func(a fakeAlert) bool { return a.name == name })
			if i < 0 {
				t.Fatalf("%s was not posted within 30 s of the return; got %v", name, got)
			}
			if !got[i].endsAt.After(now) {
				t.Errorf("%s was posted as over: nobody would be told", name)
			}
		}
		pass(3 * time.Minute)
		last := am.take()
		i := slices.IndexFunc(last[len(last)-1].alerts, func(a fakeAlert) bool { return a.name == "brief" })
		if i < 0 || last[len(last)-1].alerts[i].endsAt.After(time.Now()) {
			t.Errorf("brief is not over three minutes later: %v", last)
		}
	})
}

func TestCheckTellsOnlyWhenNobodyTakesAlerts(t *testing.T) {
	one, two := &fakeServer{away: true}, &fakeServer{}
	schedule(t, Options{}, []*fakeServer{one, two}, func(t *testing.T, p *Poster) {
		if err := p.Check(); err != nil {
			t.Errorf("before anything was posted: %v", err)
		}
		post(t, p, named("a"))
		pass(time.Minute)
		if err := p.Check(); err != nil {
			t.Errorf("one of two takes alerts, and yet: %v", err)
		}
		two.set(func(s *fakeServer) { s.away = true })
		pass(5 * time.Minute)
		if err := p.Check(); err == nil {
			t.Error("nobody takes alerts, and nobody is told")
		}
		one.set(func(s *fakeServer) { s.away = false })
		pass(5 * time.Minute)
		if err := p.Check(); err != nil {
			t.Errorf("after one has come back: %v", err)
		}
	})
}

func TestAlertmanagerThatFailsNowAndThenIsToldEverything(t *testing.T) {
	am := &fakeServer{flaky: true}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		var many []respond.Alert
		for i := range 950 {
			many = append(many, named(strconv.Itoa(i)))
		}
		post(t, p, many...)
		pass(30 * time.Second)
		told := make(map[string]bool)
		for _, a := range alertsOf(am.take()) {
			told[a.name] = true
		}
		if len(told) != len(many) {
			t.Errorf("%d of %d alerts were told", len(told), len(many))
		}
	})
}

func TestReturnedAlertmanagerIsToldEverything(t *testing.T) {
	am := &fakeServer{}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		post(t, p, named("old"))
		am.set(func(s *fakeServer) { s.away = true; s.requests = nil })
		post(t, p, named("new"))
		am.set(func(s *fakeServer) { s.away = false })
		pass(time.Second)
		if got := alertsOf(am.take()); len(got) != 2 {
			t.Errorf("after a restart without memory it was told %v, want old and new", got)
		}
	})
}

func TestSlowAlertmanagerDelaysNoOther(t *testing.T) {
	dead, slow, well := &fakeServer{away: true}, &fakeServer{slow: time.Hour}, &fakeServer{}
	schedule(t, Options{}, []*fakeServer{dead, slow, well}, func(t *testing.T, p *Poster) {
		for i := range 10 {
			now := time.Now()
			post(t, p, named(strconv.Itoa(i)))
			got := well.take()
			if len(got) != 1 || !got[0].at.Equal(now) {
				t.Fatalf("alert %d: %d requests, want one at once", i, len(got))
			}
			pass(3 * time.Second)
			well.take()
		}
		pass(time.Minute)
		for url, healthy := range map[string]bool{"http://am0": false, "http://am1": false, "http://am2": true} {
			failed := value(t, p.metrics.failed.WithLabelValues(url))
			posted := value(t, p.metrics.posted.WithLabelValues(url))
			if (failed == 0) != healthy || (posted > 0) != healthy {
				t.Errorf("%s: %v failed, %v posted; healthy is %v", url, failed, posted, healthy)
			}
		}
	})
}

func TestRefusedAlertCostsNoOther(t *testing.T) {
	am := &fakeServer{poison: "37"}
	schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		var many []respond.Alert
		for i := range 150 {
			many = append(many, named(strconv.Itoa(i)))
		}
		post(t, p, many...)
		got := alertsOf(am.take())
		if len(got) != 149 {
			t.Errorf("%d alerts were accepted, want 149", len(got))
		}
		if n := value(t, p.metrics.rejected.WithLabelValues("http://am0")); n != 1 {
			t.Errorf("%v counted as rejected, want 1", n)
		}
	})
}

func TestServerErrorsAreRetried(t *testing.T) {
	for _, status := range []int{401, 403, 404, 413, 429, 500, 502, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			am := &fakeServer{status: status}
			schedule(t, Options{}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
				post(t, p, named("a"))
				am.set(func(s *fakeServer) { s.status = 0 })
				pass(time.Second)
				if got := alertsOf(am.take()); len(got) != 1 {
					t.Errorf("after the error was gone got %v, want the alert", got)
				}
			})
		})
	}
}

func TestBackoff(t *testing.T) {
	pause := backoff(500*time.Millisecond, 30*time.Second)
	f := func(failures int, want time.Duration) {
		t.Helper()
		if got := pause(failures); got > want || got < want-want/4 {
			t.Errorf("after %d failures %v, want up to %v", failures, got, want)
		}
	}
	f(1, 500*time.Millisecond)
	f(2, time.Second)
	f(4, 4*time.Second)
	f(100, 30*time.Second)
}

func TestLastPostBeforeStopIsDelivered(t *testing.T) {
	am := &fakeServer{slow: time.Second}
	synctest.Test(t, func(t *testing.T) {
		p := newTestPoster(t, Options{Targets: []Target{{URL: "http://am", Transport: am}}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		post(t, p, named("a"))
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if got := alertsOf(am.take()); len(got) != 1 {
			t.Errorf("delivered %v, want the alert that was under way", got)
		}
		if err := p.Post(t.Context(), []respond.Alert{named("b")}); !errors.Is(err, ErrStopped) {
			t.Errorf("Post after Run: %v, want ErrStopped", err)
		}
		if err := p.Post(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Post with an ended context: %v", err)
		}
	})
}

func TestStopIsQuickWhileAlertmanagerHangs(t *testing.T) {
	am := &fakeServer{slow: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		p := newTestPoster(t, Options{Targets: []Target{{URL: "http://am", Transport: am}}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		post(t, p, named("a"))
		cancel()
		begin := time.Now()
		<-done
		if took := time.Since(begin); took > farewell {
			t.Errorf("stopping took %v, want at most %v", took, farewell)
		}
	})
}

func TestFullTableIsCounted(t *testing.T) {
	am := &fakeServer{}
	schedule(t, Options{MaxAlerts: 3}, []*fakeServer{am}, func(t *testing.T, p *Poster) {
		post(t, p, named("a"), named("b"), named("c"), named("d"))
		if n := value(t, p.metrics.refused); n != 1 {
			t.Errorf("%v counted as refused, want 1", n)
		}
		if got := alertsOf(am.take()); len(got) != 3 {
			t.Errorf("posted %v, want three", got)
		}
	})
}

func TestCredentialsAreSentAndNotLogged(t *testing.T) {
	f := func(target Target, want string) {
		t.Helper()
		am := &fakeServer{}
		target.URL, target.Transport = "http://am:9093", am
		synctest.Test(t, func(t *testing.T) {
			p := newTestPoster(t, Options{Targets: []Target{target}})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- p.Run(ctx) }()
			post(t, p, named("a"))
			cancel()
			<-done
		})
		if got := am.take(); len(got) != 1 || got[0].auth != want {
			t.Errorf("requests %v, want one with %q", got, want)
		}
		if logged := fmt.Sprint(target.LogValue()); logged != "http://am:9093" {
			t.Errorf("logged as %q", logged)
		}
	}
	f(Target{}, "")
	f(Target{BearerToken: "t0ken"}, "Bearer t0ken")
	f(Target{Username: "honeymoat", Password: "secret"}, "Basic aG9uZXltb2F0OnNlY3JldA==")
}
