package gateway

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/nginx"
)

// nginxWay is a way in which nginx keeps blocks itself.
type nginxWay struct{ file, modules, settings string }

func nginxWays() map[string]nginxWay {
	const load = "load_module /usr/lib/nginx/modules/ndk_http_module.so;\nload_module /usr/lib/nginx/modules/ngx_http_lua_module.so;\n"
	const nginx = "nginx, -p, DIR, -c, DIR/nginx.conf"
	return map[string]nginxWay{
		"maps": {"honeymoat-maps.conf", "", "maps: {dir: DIR/maps, confirm: 'unix:DIR/version.sock', every: 30ms, check: [" + nginx + ", -t], reload: [" + nginx + ", -s, reload]}"},
		"lua":  {"honeymoat-lua.conf", load, "shared: {socket: DIR/push.sock, check: 20ms}"},
	}
}

// configured is a change to shipped files: nginx keeps blocks this way in front
// of asking and, on a socket of its own, without asking anybody.
func (w nginxWay) configured(t testing.TB, dir string) func(file, text string) string {
	t.Helper()
	alone := "server { listen unix:" + dir + "/alone.sock; set_real_ip_from unix:; real_ip_header X-Test-Client;\n" +
		"include snippets/honeymoat-answers.conf; include snippets/" + w.file + ";\nlocation / { proxy_pass http://application; } }\n}\n"
	return func(file, text string) string {
		if file != "nginx.conf" {
			return text
		}
		text = strings.Replace(text, "snippets/honeymoat.conf;", "snippets/honeymoat.conf; include snippets/"+w.file+";", 1)
		return w.modules + strings.TrimSuffix(text, "}\n") + alone
	}
}

// TestNginxThatKeepsBlocks: both ways in which nginx knows by itself, and the
// agent that is asked about the rest and gives the answers.
func TestNginxThatKeepsBlocks(t *testing.T) {
	for name, way := range nginxWays() {
		t.Run(name, func(t *testing.T) { testNginxThatKeepsBlocks(t, way) })
	}
}

func testNginxThatKeepsBlocks(t *testing.T, way nginxWay) {
	dir, service := shortDir(t), agenttest.New()
	settings := "gateways: {nginx: {" + strings.ReplaceAll(way.settings, "DIR", dir) + "}}\nfail: [{route: /payments/**, mode: closed}]\n"
	if way.modules != "" { // else the agent writes it
		write(t, filepath.Join(dir, "maps/current/fail.map"), string(nginx.FailMap([]nginx.FailRoute{{Route: "/payments/**", Closed: true}})))
	}
	r := start(t, service, dir, configure(t, dir, withResponder(dir)+settings))
	n := startNginx(t, dir, r.Address("decoys"), way.configured(t, dir), "conf.d/"+way.file, "snippets/"+way.file)
	deny := r.put("192.0.2.1", block.Deny, nil)
	r.put("192.0.2.2", block.Deny, &block.Terms{Status: 451, Body: "gone"})
	r.put("key:s3cret", block.Deny, nil) // only the agent knows
	r.put("192.0.2.3", block.Divert, nil)
	alone := &nginxFront{t: t, client: unixClient(t, filepath.Join(dir, "alone.sock"))}
	await(t, "nginx to hold the blocks", func() bool { return strings.Contains(alone.get("192.0.2.3", "/.env").body, "KEY=1") })

	alone.want("192.0.2.1", "/", 403, "")
	alone.want("192.0.2.9", "/", 200, "application", "X-Api-Key", "s3cret")
	for _, server := range []*nginxFront{n, alone} {
		server.want("192.0.2.2", "/terms", 451, "gone")
		server.want("192.0.2.3", "/.env", 200, "KEY=1")
		server.want("192.0.2.9", "/", 200, "application")
	}
	n.want("192.0.2.9", "/", 403, "", "X-Api-Key", "s3cret")
	n.want("192.0.2.7", "/.env", 200, "KEY=1") // a touch, which the agent sees
	await(t, "nginx to refuse who touched a decoy", func() bool { return alone.get("192.0.2.7", "/").status == 403 })

	r.stop()
	n.want("192.0.2.1", "/gone", 403, "")
	n.want("192.0.2.9", "/away", 200, "application", "X-Api-Key", "s3cret")
	n.want("192.0.2.9", "/payments/1", 503, "")
	if line := n.logged("/gone", 1); line["decision"] != "deny "+deny.String() {
		t.Errorf("logged %v", line)
	}
}
