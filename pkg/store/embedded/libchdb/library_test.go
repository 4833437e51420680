package libchdb

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestLoadNamesWhatIsWrong covers the failures that need no engine.
func TestLoadNamesWhatIsWrong(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.so")
	if _, err := Load(missing); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing library: %v", err)
	}
	garbage := filepath.Join(t.TempDir(), "garbage.so")
	if err := os.WriteFile(garbage, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(garbage); err == nil || !strings.Contains(err.Error(), garbage) {
		t.Errorf("garbage: %v", err)
	}
	_, err := Load("/lib/" + machine() + "-linux-gnu/libm.so.6")
	if err == nil || !strings.Contains(err.Error(), "chdb_connect") || !strings.Contains(err.Error(), "chdb_stream_append") {
		t.Errorf("another library: %v, want it to name every symbol that is missing", err)
	}
}

func TestCStrings(t *testing.T) {
	c := newCStrings([]string{"one", "", "a\x00b"})
	if c.count() != 3 || c.lens[2] != 3 || string(c.data[0]) != "one\x00" {
		t.Errorf("%+v", c)
	}
	if empty := newCStrings(nil); empty.pointers() != nil || empty.lengths() != nil {
		t.Error("an empty list is not null")
	}
}

// machine is the architecture as Debian's library directories spell it.
func machine() string {
	if runtime.GOARCH == "arm64" {
		return "aarch64"
	}
	return "x86_64"
}
