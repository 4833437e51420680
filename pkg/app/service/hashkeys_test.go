package service

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/config"
)

func keyDir(t *testing.T) DataDir {
	t.Helper()
	dir, err := OpenDataDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func keysAt(t *testing.T, dir DataDir, cfg config.Service, now time.Time) []string {
	t.Helper()
	keys, err := openKeyring(dir, cfg, now)
	if err != nil {
		t.Fatal(err)
	}
	return keys.IDs()
}

func TestHashKeysRotateAndAreKeptAsLongAsTheirHashes(t *testing.T) {
	dir, cfg := keyDir(t), config.DefaultService()
	cfg.HashKeys.RotateDays, cfg.Store.RetentionDays = 90, 30 // findings stay for 360 days
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first := keysAt(t, dir, cfg, now)
	if again := keysAt(t, dir, cfg, now.AddDate(0, 0, 89)); len(first) != 1 || !slices.Equal(again, first) {
		t.Fatalf("keys %v, then %v before they were due", first, again)
	}
	if back := keysAt(t, dir, cfg, now.AddDate(-1, 0, 0)); !slices.Equal(back, first) {
		t.Errorf("a clock that was set back gives %v", back)
	}
	second := keysAt(t, dir, cfg, now.AddDate(0, 0, 90))
	if len(second) != 2 || second[1] != first[0] {
		t.Fatalf("rotated to %v, want a new key before %v", second, first)
	}
	if late := keysAt(t, dir, cfg, now.AddDate(0, 0, 450)); len(late) != 3 || late[2] != first[0] {
		t.Errorf("while its hashes are kept a key is dropped: %v", late)
	}
	if late := keysAt(t, dir, cfg, now.AddDate(0, 0, 540)); slices.Contains(late, first[0]) || !slices.Contains(late, second[0]) {
		t.Errorf("of %v the first is to go, and no other: %v", second, late)
	}
	if info, err := os.Stat(dir.hashKeysFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v, %v", info.Mode(), err)
	}
}

// Whoever keeps everything for ever writes large numbers of days.
func TestHashKeysWithoutAnEnd(t *testing.T) {
	dir, cfg := keyDir(t), config.DefaultService()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cfg.HashKeys.RotateDays, cfg.Store.RetentionDays = 200_000, 10_000
	first := keysAt(t, dir, cfg, now)
	if again := keysAt(t, dir, cfg, now.AddDate(50, 0, 0)); !slices.Equal(again, first) {
		t.Errorf("keys that never rotate are %v, then %v", first, again)
	}
	cfg.HashKeys.RotateDays = 90
	keysAt(t, dir, cfg, now.AddDate(0, 0, 90))
	if third := keysAt(t, dir, cfg, now.AddDate(0, 0, 180)); len(third) != 3 || third[2] != first[0] {
		t.Errorf("a key whose hashes are kept for ever is dropped: %v", third)
	}
}

// A block on a user lasts a year at most: so long agents have to know its key.
func TestHashKeysOutlastBlocks(t *testing.T) {
	dir, cfg := keyDir(t), config.DefaultService()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cfg.HashKeys.RotateDays, cfg.Store.RetentionDays = 10, 1
	first := keysAt(t, dir, cfg, now)
	for days := 10; days <= 370; days += 10 {
		if keys := keysAt(t, dir, cfg, now.AddDate(0, 0, days)); !slices.Contains(keys, first[0]) {
			t.Fatalf("after %d days the key is dropped, of a block that was made on the tenth", days)
		}
	}
	if keys := keysAt(t, dir, cfg, now.AddDate(0, 0, 390)); slices.Contains(keys, first[0]) {
		t.Error("a key is kept for longer")
	}
}

func TestDamagedHashKeysAreLeftAlone(t *testing.T) {
	dir, cfg := keyDir(t), config.DefaultService()
	if err := os.WriteFile(dir.hashKeysFile(), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeyring(dir, cfg, time.Now()); err == nil {
		t.Error("damaged keys were read")
	}
	if data, err := os.ReadFile(dir.hashKeysFile()); err != nil || string(data) != "damaged" {
		t.Errorf("the file was replaced by %q, %v", data, err)
	}
}
