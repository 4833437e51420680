package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// PrepareHAProxyBy is PrepareHAProxy of one that knows whom to refuse in this
// way: ByAsking is by its maps and by SPOE, as documented, ByMaps is by its
// maps alone, and Bare is not at all.
func (s *Stage) PrepareHAProxyBy(way Way, b *Backend, name string, settings Settings) (*HAProxy, error) {
	reduce, ok := map[Way]func(string) string{ByAsking: nil, ByMaps: withoutAsking, Bare: withoutHoneymoat}[way]
	if !ok {
		return nil, fmt.Errorf("configure HAProxy: there is no way %q", way)
	}
	h, err := s.PrepareHAProxy(b, name, settings)
	if err != nil || reduce == nil {
		return h, err
	}
	h.way = way
	text, err := os.ReadFile(h.Places.File())
	if err == nil {
		err = os.WriteFile(h.Places.File(), []byte(reduce(string(text))), 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("configure HAProxy: %w", err)
	}
	return h, h.Agent.Change(Settings{"gateways.haproxy.listen": ""}) // nobody asks there
}

// withoutAsking leaves out what the documented configuration marks as SPOE: a
// paragraph each.
func withoutAsking(config string) string {
	paragraphs := strings.Split(config, "\n\n")
	kept := paragraphs[:0]
	for _, p := range paragraphs {
		first := strings.TrimSpace(p)
		if !strings.HasPrefix(first, "# SPOE:") && !strings.HasPrefix(first, "# honeymoat: SPOE") {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

// withoutHoneymoat leaves out what the documented configuration marks as
// honeymoat's, from "honeymoat:" to "end". It logs as HAProxy does by itself.
func withoutHoneymoat(config string) string {
	var kept strings.Builder
	ours := false
	for line := range strings.Lines(config) {
		mark := strings.TrimSpace(line)
		ours = ours || strings.HasPrefix(mark, "# honeymoat:")
		if !ours {
			kept.WriteString(line)
		}
		ours = ours && mark != "# end"
		if mark == "mode http" {
			kept.WriteString("    option httplog\n")
		}
	}
	return kept.String()
}

// startAlone starts an HAProxy that has no agent.
func (h *HAProxy) startAlone(ctx context.Context) error {
	return errors.Join(h.Proxy.Start(), h.Proxy.waitListening(ctx, h.address))
}
