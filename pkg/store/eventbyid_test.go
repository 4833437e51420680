package store

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/migrations"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// fillEvents writes rows of some files, turn about, as they come in.
func fillEvents(t testing.TB, s *Store, rows, files int) {
	t.Helper()
	sql := fmt.Sprintf(`INSERT INTO honeymoat.events (time, received, source, file, offset, path, request_id)
SELECT now64(9) - number / 1000, now64(9) - number / 1000, 'edge', concat('file', toString(intDiv(number, 500) %% %d)), number * 150,
	concat('/', toString(number)), toString(cityHash64(number)) FROM numbers(%d)`, files, rows)
	// The index is built when parts are merged.
	for _, sql := range []string{sql, "OPTIMIZE TABLE honeymoat.events FINAL"} {
		if err := s.admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// explained is how one event is asked for.
func explained(t testing.TB, s *Store, file string, offset int64) string {
	t.Helper()
	sql := strings.NewReplacer("{file:String}", "'"+file+"'", "{offset:UInt64}", fmt.Sprintf("toUInt64(%d)", offset)).Replace(s.queries["event"])
	rows, err := s.conn.Query(t.Context(), "EXPLAIN indexes = 1 "+sql+" SETTINGS use_skip_indexes_on_data_read = 0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all.WriteString(line + "\n")
	}
	return all.String()
}

// TestAnEventIsFoundByItsIndex: of all granules only few are read, also where
// many files come in at once, and the migration may run again.
func TestAnEventIsFoundByItsIndex(t *testing.T) {
	s, _ := migrated(t)
	const rows, files = 400_000, 40
	fillEvents(t, s, rows, files)
	for _, n := range []int64{0, 123_456, rows - 1} {
		file := fmt.Sprintf("file%d", n/500%files)
		found, err := s.Event(t.Context(), event.FormatRecordID(file, n*150))
		if err != nil || found.Path != fmt.Sprintf("/%d", n) {
			t.Errorf("event %d: %v, path %s", n, err, found.Path)
		}
	}
	text := explained(t, s, "file7", 123_500*150)
	at := strings.Index(text, "record_bloom")
	if at < 0 {
		t.Fatalf("the index is not used:\n%s", text)
	}
	granules := regexp.MustCompile(`Granules: (\d+)/(\d+)`).FindStringSubmatch(text[at:])
	if granules == nil {
		t.Fatalf("it is not told what is read:\n%s", text)
	}
	read, _ := strconv.Atoi(granules[1])
	if all, _ := strconv.Atoi(granules[2]); all < 40 || read > all/4 {
		t.Errorf("%d of %d granules are read", read, all)
	}
	steps, err := readSteps(migrations.Files, shape{database: "honeymoat"})
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range steps {
		for _, sql := range st.statements {
			if st.Name != "event_by_id" {
				continue
			}
			if err := s.admin.Exec(t.Context(), sql); err != nil {
				t.Errorf("%s once more: %v", &st.Migration, err)
			}
		}
	}
}

// BenchmarkEventByID asks for one event of three million.
func BenchmarkEventByID(b *testing.B) {
	s, _ := migrated(b)
	fillEvents(b, s, 3_000_000, 40)
	id := event.FormatRecordID(fmt.Sprintf("file%d", 2_000_000/500%40), 2_000_000*150)
	for b.Loop() {
		if _, err := s.Event(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
}
