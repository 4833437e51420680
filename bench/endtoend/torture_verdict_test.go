package endtoend

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// all lists the logs, that of the filler included.
func (w *torture) all() []*numbered { return append(slices.Clone(w.logs), w.filler) }

// written is how many lines were begun, over all logs.
func (w *torture) written() int {
	n := 0
	for _, log := range w.logs {
		n += log.Count()
	}
	return n
}

// comesToRest waits until all that was written has been dealt with.
func (w *torture) comesToRest() {
	w.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), w.plan.patience)
	defer cancel()
	for _, log := range w.all() {
		bad := len(log.bad)
		w.atLeast(ctx, "events of "+log.name, fmt.Sprintf("SELECT count() FROM events WHERE source = '%s'", log.name), log.Count()-bad)
		w.atLeast(ctx, "quarantined of "+log.name, fmt.Sprintf("SELECT count() FROM quarantine WHERE source = '%s'", log.name), bad)
	}
	w.atLeast(ctx, "pushed records", "SELECT uniqExact("+numberIn+") FROM events WHERE source = 'pushed'", len(w.pushed.attempts)*pushRecords)
	last := w.syslog.firsts[len(w.syslog.firsts)-1]
	w.atLeast(ctx, "the last connection of syslog", fmt.Sprintf("SELECT count() FROM events WHERE source = 'syslog' AND toUInt64OrZero(%s) >= %d", numberIn, last), w.syslog.next-last)
	w.rests(ctx, "every touch is a finding", func(ctx context.Context) error {
		touches, err := w.service.Query(ctx, "SELECT uniqExact(client_address) FROM events WHERE path = '"+bait+"'")
		if err == nil {
			err = w.counts(ctx, "SELECT uniqExact(id) FROM findings", touches)
		}
		return err
	})
	for _, a := range []*stage.Agent{w.shipper, w.follower} {
		w.rests(ctx, a.Name+" is in step", func(ctx context.Context) error { return w.service.API.InStep(ctx, a.Name) })
	}
	w.rests(ctx, "every touch was refused", func(context.Context) error {
		if n := w.watch.behind(); n > 0 {
			return fmt.Errorf("%d were not; %s", n, w.watch.last())
		}
		return nil
	})
	w.Logf("came to rest after %s", time.Since(began).Round(time.Millisecond))
}

// atLeast waits until a query gives a number or a greater one.
func (w *torture) atLeast(ctx context.Context, what, query string, want int) {
	w.Helper()
	w.rests(ctx, what, func(ctx context.Context) error { return w.counts(ctx, query, strconv.Itoa(want)) })
}

// counts wants a query to give a number, at least.
func (w *torture) counts(ctx context.Context, query, want string) error {
	text, err := w.service.Query(ctx, query)
	if err != nil {
		return err
	}
	least, err := strconv.Atoi(want)
	if n, wrong := strconv.Atoi(text); err != nil || wrong != nil || n < least {
		return fmt.Errorf("%s: %s, want %s", query, text, want)
	}
	return nil
}

// judge looks at everything that came of the lines, and tells all that is
// wrong.
func (w *torture) judge() {
	w.Helper()
	seen := map[string]int{} // touches by client: how often each is stored
	for _, log := range w.all() {
		where := whereabouts{}
		w.storedOnce(log, "events", where, func(n int) bool { return !log.bad[n] })
		w.storedOnce(log, "quarantine", where, func(n int) bool { return log.bad[n] })
		w.filesAgree(log, where)
		for _, client := range log.touches {
			seen[client] = 1
		}
	}
	w.judgePushed(seen)
	w.judgeSyslog(seen)
	w.says("other records in quarantine", "SELECT count() FROM quarantine WHERE source IN ('pushed', 'syslog', 'filler')", "0")
	w.says("lines that were cut", "SELECT count() FROM events WHERE has(quality, 'truncated')", "0")
	if lag, err := w.service.API.Metric(w.deadline(), "honeymoat_ingest_lag_bytes"); err != nil || lag != 0 {
		w.Errorf("the service has %v bytes left to read: %v", lag, err)
	}
	w.says("touches and actors", "SELECT uniqExact(id), uniqExact(actor) FROM findings FINAL WHERE family = 'decoy' FORMAT CSV", fmt.Sprintf("%[1]d,%[1]d", len(seen)))
	w.foundOnce(seen)
	w.blockedEverywhere(seen)
}

// says wants a query to give a line.
func (w *torture) says(what, query, want string) {
	w.Helper()
	got, err := w.service.Query(w.deadline(), query)
	if err != nil || got != want {
		w.Errorf("%s: %q, %v; want %q", what, got, err, want)
	}
}

// runs writes the places where is holds, such as "3-17 40-40".
func runs(times []int, is func(n int) bool) string {
	var parts []string
	for from := 0; from < len(times); from++ {
		if !is(from) {
			continue
		}
		to := from
		for to+1 < len(times) && is(to+1) {
			to++
		}
		parts = append(parts, fmt.Sprintf("%d-%d", from, to))
		from = to
	}
	return strings.Join(parts, " ")
}

// foundOnce wants the API to tell one touch of each client that touched,
// as often as its line is stored, and a block that came of it.
func (w *torture) foundOnce(seen map[string]int) {
	w.Helper()
	all, err := w.service.API.Touches(w.deadline(), "") // by everybody
	w.must(err)
	by := map[string][]wire.Finding{}
	for _, f := range all {
		by[f.Actor.Value] = append(by[f.Actor.Value], f)
	}
	for client, times := range seen {
		found := by[client]
		if len(found) != 1 || len(found[0].Sightings) != times || found[0].BlockID == "" {
			w.Errorf("client %s, whose line is stored %d times: findings %+v", client, times, found)
		}
	}
}

// blockedEverywhere wants one live block for each touch, and both agents to
// refuse all of those clients and nobody else.
func (w *torture) blockedEverywhere(seen map[string]int) {
	w.Helper()
	blocks, err := w.service.API.LiveBlocks(w.deadline())
	w.must(err)
	targets := map[string]bool{}
	for _, b := range blocks {
		targets[b.Target.String()] = true
	}
	if len(targets) != len(seen) || len(blocks) != len(seen) {
		w.Errorf("%d blocks on %d targets for %d touches", len(blocks), len(targets), len(seen))
	}
	for _, a := range []*stage.Agent{w.shipper, w.follower} {
		asker := a.Asker()
		defer asker.Leave()
		for client := range seen {
			if refused, err := asker.Refuses(w.deadline(), client); err != nil || !refused {
				w.Errorf("%s lets %s pass: %v", a.Name, client, err)
			}
		}
		if refused, err := asker.Refuses(w.deadline(), customer); err != nil || refused {
			w.Errorf("%s refuses a customer: %v", a.Name, err)
		}
		if err := w.service.API.InStep(w.deadline(), a.Name); err != nil {
			w.Error(err)
		}
	}
}
