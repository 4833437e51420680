package shipping

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/bench/ports"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

func pushing(t *testing.T, bus *ingesttest.Bus, input io.ReadCloser, sources ...config.Source) (*Receiver, Options) {
	t.Helper()
	o := Options{
		Sources: sources, Trusted: nobody, Positions: filepath.Join(t.TempDir(), "positions.json"), To: bus,
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewPedanticRegistry(), Input: input,
	}
	r, err := NewReceiver(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Pushed = r.Stats
	return r, o
}

// TestEveryWayIn: one source with a file, syslog and HTTP is one source in the
// metrics; another one is standard input.
func TestEveryWayIn(t *testing.T) {
	bus, syslog := &ingesttest.Bus{}, ports.Free(t)
	file := write(t, filepath.Join(t.TempDir(), "access.log"), ingesttest.Line("/file")+"\n")
	in, out := io.Pipe()
	r, o := pushing(t, bus, in,
		config.Source{Name: "edge", Format: "combined", Paths: []string{file}, HTTP: true, Syslog: []string{"udp://" + syslog, "tcp://" + syslog}},
		config.Source{Name: config.InputSource, Format: "auto"})
	files, err := newPipeline(o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, files.Run)
	stop := run(t, r.Run)
	if _, err := io.WriteString(out, ingesttest.Line("/input")+"\n"); err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"udp", "tcp"} {
		text := "<13>Nov 21 17:19:37 edge nginx: " + ingesttest.Line("/"+network) + "\n"
		eventually(t, "the syslog message by "+network, func() bool {
			if conn, err := net.Dial(network, syslog); err == nil {
				_, _ = io.WriteString(conn, text) // nobody may listen yet
				_ = conn.Close()
			}
			return bus.Paths()["/"+network] > 0
		})
	}
	letter, err := r.Inbox().Letter("edge")
	if err == nil {
		err = letter.AddLines([]byte(ingesttest.Line("/http") + "\ngarbage"))
	}
	if err == nil {
		_, err = letter.Send(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all lines", func() bool {
		p := bus.Paths()
		return p["/file"] == 1 && p["/input"] == 1 && p["/http"] == 1
	})
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	stop()
	got := gather(t, o.Metrics.(prometheus.Gatherer))
	if got["lines_total source=stdin"] != 1 || got["received_total source=edge"] < 4 || got["quarantined_total source=edge"] != 1 ||
		got["files source=edge"] != 1 || got["dropped_total source=edge"] != 0 {
		t.Errorf("%v", got)
	}
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, o := pushing(t, &ingesttest.Bus{}, nil, config.Source{Name: "edge", Format: "auto", Syslog: []string{"tcp://" + l.Addr().String(), "udp://127.0.0.1:0"}})
	if r.Outdated(o.Sources) || !r.Outdated(nil) {
		t.Error("it does not know its sources")
	}
	for range 2 {
		if err := r.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "source edge") {
			t.Errorf("%v", err)
		}
	}
}
