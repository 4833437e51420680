package ginguard

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/middleware"
)

type decider struct{ verdict block.Verdict }

func (d decider) Decide(*block.Request) block.Verdict { return d.verdict }

// serve makes a gin service behind a guard.
func serve(t *testing.T, v block.Verdict) *httptest.Server {
	t.Helper()
	g, err := middleware.New(middleware.Options{Decider: decider{v}})
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.Use(Handler(g), gin.Recovery())
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "flag="+c.GetHeader(block.FlagHeader)) })
	server := httptest.NewUnstartedServer(engine)
	t.Cleanup(server.Close)
	return server
}

func TestHandler(t *testing.T) {
	f := func(v block.Verdict, status int, body string) {
		t.Helper()
		server := serve(t, v)
		server.Start()
		resp, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != status || string(got) != body {
			t.Errorf("%s: answered %d %q %v, want %d %q", v.Mark(), resp.StatusCode, got, err, status, body)
		}
	}
	f(block.Verdict{}, 200, "flag=")
	f(block.Verdict{Decision: block.Decision{Flag: block.Mark{ID: 9}}}, 200, "flag=0000000000000009")
	f(block.Verdict{Refused: true, Decision: block.Decision{ID: 7, Terms: &block.Terms{Body: "no"}}}, 403, "no")
}

func TestDrop(t *testing.T) {
	f := func(start func(*httptest.Server)) {
		t.Helper()
		var logged strings.Builder
		server := serve(t, block.Verdict{Refused: true, Decision: block.Decision{ID: 7, Action: block.Drop}})
		server.Config.ErrorLog = log.New(&logged, "", 0)
		start(server)
		resp, err := server.Client().Get(server.URL)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("answered %s by %s", resp.Status, resp.Proto)
		}
		server.Close()
		if logged.Len() > 0 {
			t.Errorf("a client that is dropped fills the log: %s", logged.String())
		}
	}
	f((*httptest.Server).Start)
	f(func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	})
}
