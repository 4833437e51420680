package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

const gatewayFiles = "../../../deploy/gateways/"

func readShipped(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(gatewayFiles + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readStrict reads a YAML or JSON file into v, which has all its keys.
func readStrict(t *testing.T, name string, v any) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions(readShipped(t, name), v, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// forwardRig is an agent that answers forward auth, with a block for each
// action.
func forwardRig(t *testing.T, settings string) *rig {
	t.Helper()
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)+"gateways: {forward_auth: {listen: '127.0.0.1:0'"+settings+"}}\n"))
	r.put("192.0.2.1", block.Deny, nil)
	r.put("192.0.2.2", block.Deny, &block.Terms{Status: 451, Body: "gone"})
	r.put("192.0.2.5", block.Flag, &block.Terms{Value: "look"})
	r.put("192.0.2.6", block.Throttle, &block.Terms{Rate: 0.001})
	r.put("key:s3cret & route:POST /orders/{id}", block.Deny, nil)
	r.inStep()
	return r
}

// question is what a gateway is asked by a client, and what it may tell.
type question struct{ client, method, uri, key string }

// asked tells the agent of a client's request with the headers that a gateway
// sends.
func (r *rig) asked(q question, more map[string]string, shown []string) answer {
	r.t.Helper()
	header := map[string]string{
		"X-Forwarded-Method": q.method, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example",
		"X-Forwarded-Uri": q.uri, "X-Forwarded-For": q.client, "Connection": "close",
	}
	own := map[string]string{"X-Api-Key": q.key, "User-Agent": "probe/1", "Cookie": "a=b", "X-Honeymoat-Answer": "503 0 "}
	for name, value := range own {
		if slices.Contains(shown, name) {
			header[name] = value
		}
	}
	maps.Copy(header, more)
	a, err := fetch(http.DefaultClient, "http://"+r.Address("forward-auth").String()+"/", header)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// play has all clients come by and compares what they get.
func (r *rig) play(more map[string]string, shown []string) {
	r.t.Helper()
	f := func(q question, status int, body string) answer {
		r.t.Helper()
		a := r.asked(q, more, shown)
		if a.status != status || !strings.Contains(a.body, body) {
			r.t.Errorf("%+v: %d %q, want %d %q", q, a.status, a.body, status, body)
		}
		return a
	}
	f(question{"192.0.2.9", "GET", "/", ""}, 200, "")
	f(question{"192.0.2.1", "GET", "/", ""}, 403, "")
	f(question{"192.0.2.2", "GET", "/", ""}, 451, "gone")
	if a := f(question{"192.0.2.5", "GET", "/", ""}, 200, ""); a.header.Get("X-Honeymoat-Flag") != "look" {
		r.t.Errorf("flag: %v", a.header)
	}
	f(question{"192.0.2.6", "GET", "/", ""}, 200, "")
	if a := f(question{"192.0.2.6", "GET", "/", ""}, 429, ""); a.header.Get("Retry-After") == "" {
		r.t.Errorf("throttle: %v", a.header)
	}
	f(question{"192.0.2.9", "POST", "/orders/7?x=1", "s3cret"}, 403, "")
	f(question{"192.0.2.9", "GET", "/orders/7?x=1", "s3cret"}, 200, "")
	if a := f(question{"192.0.2.10", "GET", "/.env", ""}, 404, "KEY=1"); a.header.Get("X-Honeymoat-Decision") != "" {
		r.t.Errorf("decoy: %v", a.header)
	}
	f(question{"192.0.2.10", "GET", "/", ""}, 403, "")
}

// traefikMiddlewares are the keys of Traefik's configuration that we use.
type traefikMiddlewares struct {
	HTTP struct {
		Middlewares map[string]struct {
			ForwardAuth struct {
				Address             string
				TrustForwardHeader  bool     `yaml:"trustForwardHeader"`
				AuthResponseHeaders []string `yaml:"authResponseHeaders"`
				AuthRequestHeaders  []string `yaml:"authRequestHeaders"`
			} `yaml:"forwardAuth"`
		}
	}
}

func TestTraefikConfiguration(t *testing.T) {
	var c traefikMiddlewares
	readStrict(t, "traefik/dynamic.yaml", &c)
	m, ok := c.HTTP.Middlewares["honeymoat"]
	if !ok || m.ForwardAuth.TrustForwardHeader || m.ForwardAuth.Address != "http://127.0.0.1:4443/" ||
		!slices.Contains(m.ForwardAuth.AuthResponseHeaders, block.FlagHeader) || !slices.Contains(m.ForwardAuth.AuthResponseHeaders, block.DecisionHeader) {
		t.Errorf("%+v", c)
	}
	var static map[string]any
	readStrict(t, "traefik/traefik.yaml", &static)
	if text := fmt.Sprint(static); !strings.Contains(text, "honeymoat@file") || !strings.Contains(text, "X-Honeymoat-Decision:keep") {
		t.Errorf("%s", text)
	}
	forwardRig(t, "").play(nil, m.ForwardAuth.AuthRequestHeaders)
}

func TestAPISIXConfiguration(t *testing.T) {
	var c struct {
		Plugins struct {
			ForwardAuth struct {
				URI              string
				RequestMethod    string            `yaml:"request_method"`
				RequestHeaders   []string          `yaml:"request_headers"`
				UpstreamHeaders  []string          `yaml:"upstream_headers"`
				ClientHeaders    []string          `yaml:"client_headers"`
				ExtraHeaders     map[string]string `yaml:"extra_headers"`
				Timeout          int
				Keepalive        bool
				KeepaliveTimeout int  `yaml:"keepalive_timeout"`
				KeepalivePool    int  `yaml:"keepalive_pool"`
				Degrade          bool `yaml:"allow_degradation"`
				Status           int  `yaml:"status_on_error"`
			} `yaml:"forward-auth"`
		}
	}
	readStrict(t, "apisix/forward-auth.json", &c)
	f := c.Plugins.ForwardAuth
	if !json.Valid(readShipped(t, "apisix/forward-auth.json")) || f.URI != "http://127.0.0.1:4443/" || f.RequestMethod != "GET" ||
		!slices.Contains(f.UpstreamHeaders, block.FlagHeader) || !slices.Contains(f.ClientHeaders, "Retry-After") ||
		!f.Degrade || f.Timeout < 1 || f.KeepaliveTimeout < 1000 || f.Status < 200 || f.Status > 599 {
		t.Errorf("%+v", f)
	}
	r := forwardRig(t, ", request_id: X-Honeymoat-Request")
	more := map[string]string{}
	for name := range f.ExtraHeaders {
		more[name] = "made-by-apisix"
	}
	r.play(more, f.RequestHeaders)
	await(t, "the touch", func() bool { return len(r.service.Touches()) == 1 })
	if id := r.service.Touches()[0].Sighting.RequestID; id != "made-by-apisix" {
		t.Errorf("request id %q", id)
	}
}

// kongPlayed plays what Kong's function uses of Kong, and of lua-resty-http.
const kongPlayed = `
local function header(name) return ngx.req.get_headers()[name] end
local flag
kong = {
  client = { get_forwarded_ip = function() return ngx.var.remote_addr end },
  request = {
    get_method = ngx.req.get_method, get_header = header,
    get_forwarded_host = function() return ngx.var.host end,
    get_forwarded_scheme = function() return ngx.var.scheme end,
    get_path_with_query = function() return ngx.var.request_uri end,
    get_path = function() return ngx.var.uri end,
  },
  response = { exit = function(status, body, headers)
    ngx.status = status
    for name, value in pairs(headers or {}) do ngx.header[name] = value end
    ngx.print(body or "")
    return ngx.exit(ngx.HTTP_OK)
  end },
  service = { request = {
    clear_header = function() flag = nil end,
    set_header = function(_, value) flag = value end,
  } },
  log = { err = function(...) ngx.log(ngx.ERR, ...) end },
}
package.loaded["resty.http"] = { new = function()
  return {
    set_timeouts = function() end,
    request_uri = function(_, uri, options)
      for name in pairs(ngx.req.get_headers(0)) do ngx.req.clear_header(name) end
      for name, value in pairs(options.headers) do ngx.req.set_header(name, value) end
      local res = ngx.location.capture("/agent", { method = ngx.HTTP_GET })
      if res.status == 502 or res.status == 504 then return nil, "no answer" end
      return { status = res.status, body = res.body, headers = res.header }
    end,
  }
end }
assert(loadfile("%s"))()
ngx.print("application ", flag or "")
`

const kongConf = `
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
daemon off;
user root;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log warn;
events { }
http {
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    access_log off;
    server {
        listen unix:%[1]s/nginx.sock;
        set_real_ip_from unix:;
        real_ip_header X-Test-Client;
        location / { content_by_lua_file %[1]s/played.lua; }
        location /agent { internal; proxy_pass http://%[2]s/; proxy_connect_timeout 1s; }
    }
}
`

func TestKongFunction(t *testing.T) {
	var c struct {
		Format  string `yaml:"_format_version"`
		Plugins []struct {
			Name   string
			Config struct{ Access []string }
		}
	}
	readStrict(t, "kong/forward-auth.yaml", &c)
	function := string(readShipped(t, "kong/forward-auth.lua"))
	if len(c.Plugins) != 1 || c.Plugins[0].Name != "pre-function" || len(c.Plugins[0].Config.Access) != 1 || c.Plugins[0].Config.Access[0] != function {
		t.Fatalf("the function of kong/forward-auth.yaml is not that of forward-auth.lua: %+v", c)
	}
	r := forwardRig(t, ", request_id: X-Honeymoat-Request, restores_status: true")
	write(t, filepath.Join(r.dir, "forward-auth.lua"), function)
	write(t, filepath.Join(r.dir, "played.lua"), fmt.Sprintf(kongPlayed, filepath.Join(r.dir, "forward-auth.lua")))
	write(t, filepath.Join(r.dir, "nginx.conf"), fmt.Sprintf(kongConf, r.dir, r.Address("forward-auth")))
	n := &nginxFront{t: t}
	n.run(r.dir)
	n.want("192.0.2.9", "/", 200, "application")
	n.want("192.0.2.1", "/", 403, "")
	n.want("192.0.2.2", "/", 451, "gone")
	n.want("192.0.2.5", "/", 200, "application look")
	n.want("192.0.2.6", "/", 200, "application")
	if a := n.want("192.0.2.6", "/", 429, ""); a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	if a := n.want("192.0.2.10", "/.env", 200, "KEY=1"); a.header.Get(block.DecisionHeader) != "" || a.header.Get("Content-Type") != "text/plain" {
		t.Errorf("%v", a.header)
	}
	n.want("192.0.2.10", "/", 403, "")
	await(t, "the touch", func() bool { return len(r.service.Touches()) == 1 })
	if id := r.service.Touches()[0].Sighting.RequestID; len(id) != 32 {
		t.Errorf("request id %q", id)
	}
	r.stop()
	n.want("192.0.2.1", "/", 200, "application")
	n.want("192.0.2.1", "/payments/7", 503, "")
}
