package config

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/rollout"
)

func TestRolloutDefaults(t *testing.T) {
	s, err := ParseService("", nil)
	if err != nil || s.Rollout.Limits() != rollout.Default() {
		t.Errorf("%+v, %v, want %+v", s.Rollout.Limits(), err, rollout.Default())
	}
}

func TestRolloutMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ParseService("c.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is told as %v, want %s", text, err, want)
		}
	}
	f("rollout: {shadow: 0s}\n", "c.yaml:1:19: rollout.shadow: 0s is too little")
	f("rollout: {complaints: 0}\n", "0 is too little (want at least 1)")
	f("rollout: {latency_percent: 100}\n", "want at least 101")
	f("traffic: {max_clients: 5}\n", "want at least 1000")
	f("rollout: {complains: 1}\n", `did you mean "complaints"`)
}
