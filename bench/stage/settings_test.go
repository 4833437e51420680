package stage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/config"
)

func TestSettingsAreAConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "honeymoat.yaml")
	settings := Settings{
		"data_dir": "/srv/x", "bus.max_bytes": "16MiB", "bus.lease_ttl": "2s", "network.allow": []string{"192.0.2.0/24", "2001:db8::/32"},
		"sources": []Source{{Name: "edge", Paths: []string{`/var/log/a"b\.log`}}},
	}
	if err := settings.With(Settings{"bus.max_bytes": "32MiB"}).write(file); err != nil {
		t.Fatal(err)
	}
	got, err := config.ReadService(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.DataDir != "/srv/x" || got.Bus.MaxBytes != 32<<20 || len(got.Network.Allow) != 2 || got.Sources[0].Paths[0] != `/var/log/a"b\.log` {
		t.Errorf("%+v", got)
	}
	if settings["bus.max_bytes"] != "16MiB" {
		t.Error("With has changed what it was made of")
	}
}

func TestNoSettingsAreAnEmptyConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "honeymoat.yaml")
	if err := Settings(nil).With(nil).write(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	var got map[string]any
	if err != nil || json.Unmarshal(data, &got) != nil || len(got) > 0 {
		t.Errorf("%s, %v", data, err)
	}
}
