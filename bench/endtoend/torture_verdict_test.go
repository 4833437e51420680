package endtoend

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// judge looks at everything that came of the lines, and tells all that is
// wrong.
func (w *torture) judge(logs ...*numbered) {
	w.Helper()
	touches := 0
	for i, source := range []string{"direct", "shipped"} {
		w.storedOnce(source, logs[i])
		touches += len(logs[i].touches)
	}
	w.placesAgree(logs...)
	w.says("quarantined records", "SELECT count() FROM quarantine", "0")
	w.says("findings, sightings and actors", "SELECT uniqExact(id), count(), uniqExact(actor) FROM findings FINAL FORMAT CSV",
		fmt.Sprintf("%[1]d,%[1]d,%[1]d", touches))
	for _, log := range logs {
		w.foundOnce(log)
	}
	w.blockedEverywhere(touches, logs...)
}

// says wants a query to give a line.
func (w *torture) says(what, query, want string) {
	w.Helper()
	got, err := w.service.Query(w.deadline(), query)
	if err != nil || got != want {
		w.Errorf("%s: %q, %v; want %q", what, got, err, want)
	}
}

// storedOnce compares the numbers that the store has with those written.
func (w *torture) storedOnce(source string, log *numbered) {
	w.Helper()
	text, err := w.service.Query(w.deadline(), fmt.Sprintf(
		"SELECT arrayStringConcat(groupArray(extract(query, 'n=([0-9]+)')), ',') FROM events WHERE source = '%s'", source))
	w.must(err)
	times := make([]int, log.lines)
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n >= len(times) {
			w.Errorf("source %s: the store has a line %q, which nobody wrote", source, field)
			continue
		}
		times[n]++
	}
	missing, doubled := runs(times, func(n int) bool { return n == 0 }), runs(times, func(n int) bool { return n > 1 })
	if missing != "" || doubled != "" {
		w.Errorf("source %s of %d lines: missing %s; more than once %s", source, log.lines, missing, doubled)
	}
}

// runs writes the places where is holds, such as "3-17 40".
func runs(times []int, is func(int) bool) string {
	var parts []string
	for from := 0; from < len(times); from++ {
		if !is(times[from]) {
			continue
		}
		to := from
		for to+1 < len(times) && is(times[to+1]) {
			to++
		}
		parts = append(parts, fmt.Sprintf("%d-%d", from, to))
		from = to
	}
	return strings.Join(parts, " ")
}

// placesAgree wants every file to be stored without a gap from its first byte
// to its last, the lines numbered through, and as many files as there were.
func (w *torture) placesAgree(logs ...*numbered) {
	w.Helper()
	files := 0
	for _, log := range logs {
		files += log.files
	}
	// Qualified, since "file" alone is the name of a function that nobody may
	// use here.
	w.says("files whose rows do not follow each other", `
		SELECT groupArray((which, rows, lines, bytes, end)) FROM (
			SELECT events.file AS which, count() AS rows, max(line) AS lines, sum(length) AS bytes, max(offset + length) AS end
			FROM events GROUP BY which HAVING rows != lines OR bytes != end)`, "[]")
	w.says("files", "SELECT uniqExact(events.file) FROM events", strconv.Itoa(files))
	if lag, err := w.service.API.Metric(w.deadline(), "honeymoat_ingest_lag_bytes"); err != nil || lag != 0 {
		w.Errorf("the service has %v bytes left to read: %v", lag, err)
	}
	if cut, err := w.service.Query(w.deadline(), "SELECT count() FROM events WHERE has(quality, 'truncated')"); err != nil || cut != "0" {
		w.Errorf("lines that were cut: %s, %v", cut, err)
	}
}

// foundOnce wants the API to tell one finding about each client that touched,
// and a block that came of it.
func (w *torture) foundOnce(log *numbered) {
	w.Helper()
	for n, client := range log.touches {
		found, err := w.service.API.Findings(w.deadline(), client)
		w.must(err)
		if len(found) != 1 || len(found[0].Sightings) != 1 || found[0].BlockID == "" {
			w.Errorf("line %d, client %s: findings %+v", n, client, found)
		}
	}
}

// blockedEverywhere wants one live block for each touch, and both agents to
// refuse all of those clients and nobody else.
func (w *torture) blockedEverywhere(touches int, logs ...*numbered) {
	w.Helper()
	blocks, err := w.service.API.LiveBlocks(w.deadline())
	w.must(err)
	targets := make([]string, len(blocks))
	for i, b := range blocks {
		targets[i] = b.Target.String()
	}
	slices.Sort(targets)
	if len(slices.Compact(targets)) != touches || len(blocks) != touches {
		w.Errorf("%d blocks on %d targets for %d touches", len(blocks), len(targets), touches)
	}
	for _, a := range []*stage.Agent{w.shipper, w.follower} {
		asker := a.Asker()
		defer asker.Leave()
		for _, log := range logs {
			for n, client := range log.touches {
				if refused, err := asker.Refuses(w.deadline(), client); err != nil || !refused {
					w.Errorf("%s lets %s of line %d pass: %v", a.Name, client, n, err)
				}
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
