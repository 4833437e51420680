package endtoend

import (
	"context"
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

// numberIn finds the number of a line in a row of events, badIn in a row of the
// quarantine.
const (
	numberIn = `extract(concat(path, '?', query), '[?]n=([0-9]+)')`
	badIn    = `extract(excerpt, '[?]n=([0-9]+)')`
)

// whereabouts tells in which files of the store each stream of a log is.
type whereabouts map[int]map[string]bool

// storedOnce compares the rows of a table with the lines that should be there,
// and their places with those where they were written.
func (w *torture) storedOnce(log *numbered, table string, where whereabouts, want func(n int) bool) {
	w.Helper()
	times, misplaced := make([]int, log.Count()), []string{}
	w.rows(table, log.name, func(n int, file string, at place) {
		if n < 0 || n >= len(times) {
			w.Errorf("%s of source %s: line %d, which nobody wrote", table, log.name, n)
			return
		}
		times[n]++
		wrote := log.places[n]
		if at.stream = wrote.stream; at != wrote {
			misplaced = append(misplaced, fmt.Sprintf("line %d at %+v, want %+v", n, at, wrote))
		}
		if where[wrote.stream] == nil {
			where[wrote.stream] = map[string]bool{}
		}
		where[wrote.stream][file] = true
	})
	missing, doubled := runs(times, func(n int) bool { return want(n) && times[n] == 0 }), runs(times, func(n int) bool { return times[n] > 1 })
	strange := runs(times, func(n int) bool { return !want(n) && times[n] > 0 })
	if missing != "" || doubled != "" || strange != "" {
		w.Errorf("%s of source %s, of %d lines: missing %s; more than once %s; not meant to be there %s", table, log.name, len(times), missing, doubled, strange)
	}
	if len(misplaced) > 0 {
		w.Errorf("%s of source %s: %d lines are not where they were, such as %s", table, log.name, len(misplaced), misplaced[0])
	}
}

// rows reads the numbers and places of a source's lines.
func (w *torture) rows(table, source string, each func(n int, file string, at place)) {
	w.Helper()
	number := numberIn
	if table == "quarantine" {
		number = badIn
	}
	// Qualified, since "file" alone is the name of a function that nobody may
	// use here.
	text, err := w.service.Query(w.deadline(), fmt.Sprintf(
		"SELECT toInt64OrDefault(%s, toInt64(-1)), %[2]s.file, offset, line, length FROM %[2]s WHERE source = '%[3]s' FORMAT TSV", number, table, source))
	w.must(err)
	for row := range strings.Lines(text) {
		var n int
		var file string
		var at place
		if _, err := fmt.Sscan(row, &n, &file, &at.offset, &at.line, &at.length); err != nil {
			w.Fatalf("row %q of %s: %v", row, table, err)
		}
		each(n, file, at)
	}
}

// filesAgree wants each stream of a log to be one file, and each file to be of
// one stream.
func (w *torture) filesAgree(log *numbered, where whereabouts) {
	w.Helper()
	owner := map[string]int{}
	for stream, files := range where {
		if len(files) != 1 {
			w.Errorf("source %s: stream %d is in %d files: %v", log.name, stream, len(files), files)
		}
		for file := range files {
			if other, ok := owner[file]; ok {
				w.Errorf("source %s: streams %d and %d are both file %s", log.name, other, stream, file)
			}
			owner[file] = stream
		}
	}
}

// judgePushed wants each record at least once, and more often only if it was
// sent again because nobody had said that it was accepted.
func (w *torture) judgePushed(seen map[string]int) {
	w.Helper()
	u := w.pushed
	times := make([]int, len(u.attempts)*pushRecords)
	w.rows("events", "pushed", func(n int, _ string, _ place) { times[n]++ })
	wrong := runs(times, func(n int) bool { return times[n] < 1 || times[n] > u.attempts[n/pushRecords] })
	if wrong != "" {
		w.Errorf("pushed records that are missing or stored too often: %s", wrong)
	}
	repeats := -len(times)
	for n, stored := range times {
		repeats += stored
		if c, ok := u.touches[n]; ok {
			seen[c] = stored
		}
	}
	w.Logf("pushed: %d records, %d repeats of what nobody had said to be accepted", len(times), repeats)
}

// judgeSyslog wants each line at most once, and none to be missing but the last
// of a connection that was cut off by a kill.
func (w *torture) judgeSyslog(seen map[string]int) {
	w.Helper()
	s := w.syslog
	times := make([]int, s.next)
	w.rows("events", "syslog", func(n int, _ string, _ place) { times[n]++ })
	for n, client := range s.touches {
		if times[n] > 0 {
			seen[client] = times[n]
		}
	}
	if doubled := runs(times, func(n int) bool { return times[n] > 1 }); doubled != "" {
		w.Errorf("lines by syslog that are stored more than once: %s", doubled)
	}
	lost := 0
	for i, first := range s.firsts {
		end := s.next
		if i+1 < len(s.firsts) {
			end = s.firsts[i+1]
		}
		stored := first
		for stored < end && times[stored] > 0 {
			stored++
		}
		lost += end - stored
		later := runs(times[stored:end], func(n int) bool { return times[stored+n] > 0 })
		if later != "" || i == len(s.firsts)-1 && stored < end {
			w.Errorf("connection %d by syslog, lines %d to %d: missing from %d on, behind it %s", i, first, end-1, stored, later)
		}
	}
	w.Logf("syslog: %d lines over %d connections, %d lost with killed services", s.next, len(s.firsts), lost)
}

// mends gives both hosts a mapping that reads the bad lines, and has them read
// again: each is stored once, where it was. What no mapping reads stays.
func (w *torture) mends() {
	w.Helper()
	sources := []any{mapped("direct", w.Path("direct/access*.log*"), "")}
	for _, s := range w.service.Settings["sources"].([]source)[1:] {
		sources = append(sources, s)
	}
	w.must(w.service.Change(stage.Settings{"sources": sources}))
	w.must(w.service.Restart(w.deadline()))
	gateway := w.shipper.Settings["sources"].([]source)[1]
	w.must(w.shipper.Change(stage.Settings{"sources": []any{mapped("shipped", w.Path("shipped/access.log"), ""), gateway}}))
	w.must(w.shipper.Restart(w.deadline()))
	ctx, cancel := context.WithTimeout(context.Background(), w.plan.patience)
	defer cancel()
	out, err := w.service.Tool(ctx, "quarantine", "retry", "--all", "--wait", "2m")
	w.must(err)
	if strings.Contains(out, "Not every host is done") {
		w.Errorf("quarantine retry: %s", out)
	}
	for _, log := range w.logs {
		mended := log.dialect.mending
		if mended {
			w.atLeast(w.deadline(), "mended events of "+log.name, fmt.Sprintf("SELECT count() FROM events WHERE source = '%s'", log.name), log.Count())
			w.inQuarantine(0, client.QuarantineFilter{Source: log.name})
		} else {
			w.inQuarantine(len(log.bad), client.QuarantineFilter{Source: log.name})
		}
		where := whereabouts{}
		w.storedOnce(log, "events", where, func(n int) bool { return mended || !log.bad[n] })
		w.filesAgree(log, where)
	}
}

// tell tells what it was all about.
func (w *torture) tell() {
	w.Helper()
	for _, log := range w.all() {
		w.Logf("%s: %d lines, %d of them bad, %d touches, rotations %v", log.name, log.Count(), len(log.bad), len(log.touches), log.tally)
	}
	for phase, name := range []string{"with the store", "while the store is away", "while the bus fills up and is full"} {
		w.Logf("%s: %s", name, w.watch.tell(int32(phase)))
	}
}
