package config

import "testing"

func TestBlocks(t *testing.T) {
	s, err := ParseService("f.yaml", []byte("blocks:\n  max_per_minute: 10\n  preview_limit: 5\nnetwork:\n  monitors: [192.0.2.9]\n"))
	if err != nil || s.Blocks.MaxPerMinute != 10 || s.Blocks.PreviewLimit != 5 || s.Blocks.WidenAfter != 4 || len(s.Network.Monitors) != 1 {
		t.Errorf("%+v, %v", s.Blocks, err)
	}
}

func TestBlocksMistakes(t *testing.T) {
	for _, text := range []string{
		"max_per_minute: 0", "agent_per_minute: 0", "rule_per_minute: -1", "segment_per_minute: -1", "breaker_per_minute: -1",
		"shared_after: 1", "preview_limit: 0", "preview_principals: 0", "widen_after: 1", "max_lifetime: 1s",
	} {
		if _, err := ParseService("f.yaml", []byte("blocks:\n  "+text+"\n")); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
