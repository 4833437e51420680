package gateway

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// evidence is what detection makes of a gateway's log: whom it finds, and of
// how many clients it counts refusals, for who knows these blocks. (A client
// whose connection is closed may ask once more by itself.)
func evidence(t *testing.T, file, format string, known []block.ID) (found []string, refused int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := accesslog.NewReader(accesslog.Options{Format: format, Trusted: netip.Addr.IsLoopback})
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Header: event.Header{Source: "edge", Gateway: "edge", Shipper: "edge", File: "00000000000000f1"}}
	reader.ReadChunk(data, event.Position{Line: 1}, b)
	if len(b.Rejected) > 0 || b.Rows() != strings.Count(string(data), "\n") {
		t.Fatalf("%d rows of\n%s", b.Rows(), data)
	}
	decoys, err := decoy.Parse(decoy.Source{Name: "decoys.yml", Data: []byte(catalogueYAML)})
	if err != nil {
		t.Fatal(err)
	}
	var r detect.Result
	detect.New(detect.Options{Catalogue: decoys, Known: func(id block.ID) bool { return slices.Contains(known, id) }}).Detect(b, &r)
	for _, f := range r.Findings {
		found = append(found, f.Actor.Value)
	}
	slices.Sort(found)
	clients := map[netip.Addr]bool{}
	for _, d := range r.Denials {
		if slices.Contains(known, d.Block) { // the others are touches that the agent led astray
			clients[d.Client] = true
		}
	}
	return slices.Compact(found), len(clients)
}

// TestOwnRefusalsAreNoEvidence: whoever is refused, in whatever way, and asks
// for a decoy is not found again for it; the refusal is counted on its block.
func TestOwnRefusalsAreNoEvidence(t *testing.T) {
	refusing := func(r *rig) (known []block.ID) {
		for client, action := range map[string]block.Action{"192.0.2.1": block.Deny, "192.0.2.2": block.Drop} {
			known = append(known, r.put(client, action, nil))
		}
		return append(known, r.put("192.0.2.3", block.Throttle, &block.Terms{Rate: 0.001}))
	}
	check := func(t *testing.T, file, format string, known []block.ID) {
		t.Helper()
		found, refused := evidence(t, file, format, known)
		if !slices.Equal(found, []string{"192.0.2.9"}) || refused != 3 {
			t.Errorf("found %v, %d refused", found, refused)
		}
	}
	visit := func(get func(client, uri string)) {
		get("192.0.2.3", "/") // its token
		for _, client := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.9"} {
			get(client, "/.env")
		}
	}
	for name, way := range nginxWays() {
		t.Run("nginx/"+name, func(t *testing.T) {
			dir := shortDir(t)
			settings := "gateways: {nginx: {" + strings.ReplaceAll(way.settings, "DIR", dir) + "}}\n"
			r := start(t, agenttest.New(), dir, configure(t, dir, withResponder(dir)+settings))
			n := startNginx(t, dir, r.Address("decoys"), way.configured(t, dir), "conf.d/"+way.file, "snippets/"+way.file)
			known := refusing(r)
			r.inStep()
			alone := &nginxFront{t: t, client: unixClient(t, filepath.Join(dir, "alone.sock"))}
			await(t, "nginx to hold the blocks", func() bool { return alone.get("192.0.2.1", "/").status == 403 })
			visit(func(client, uri string) { n.get(client, uri) })
			n.get("192.0.2.9", "/last")
			n.logged("/last", 1) // the dropped client may have asked more than once, so lines tell nothing
			check(t, n.log, "json", known)
		})
	}
	t.Run("caddy", func(t *testing.T) {
		dir := shortDir(t)
		r := start(t, agenttest.New(), dir, configure(t, dir, withResponder(dir)+"gateways: {forward_auth: {listen: '127.0.0.1:0'}}\ntrusted_hops: [127.0.0.1]\n"))
		c := startCaddy(t, dir, r.Address("forward-auth"))
		known := refusing(r)
		r.inStep()
		visit(func(client, uri string) { c.get(client, uri) })
		await(t, "the log", func() bool {
			data, err := os.ReadFile(c.log)
			return err == nil && strings.Count(string(data), `"uri":"/.env"`) == 4
		})
		check(t, c.log, "caddy", known) // the decoy's answer has no mark: it is a sighting of the agent's touch
	})
}
