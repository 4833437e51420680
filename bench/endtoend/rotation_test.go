package endtoend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// TestRotationWhileLive: the access log is renamed and reopened, copied and
// truncated, while requests come, the agent is killed and the service is away;
// every line is stored once.
func TestRotationWhileLive(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"bus", "http"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			rotates(newPlay(t, nil), transport)
		})
	}
}

func rotates(p *play, transport string) {
	g := p.gateway("edge-a", stage.Settings{"transport": transport})
	v := p.visitor(customer)
	asked := 0
	ask := func() {
		for range 100 {
			p.get(v, g, fmt.Sprintf("/shop/numbered/%d", asked), http.StatusOK)
			asked++
		}
	}
	for round := range 3 {
		ask()
		p.must(os.Rename(g.AccessLog, fmt.Sprintf("%s.%d", g.AccessLog, round)))
		ask() // nginx still writes into the renamed file
		p.must(g.Reopen())
		ask()
		p.logged(g, asked)
		p.must(copyAndTruncate(g.AccessLog, fmt.Sprintf("%s.copy%d", g.AccessLog, round)))
		ask()
		p.disturb(g, round)
	}
	ask()
	p.stored("path LIKE '/shop/numbered/%'", asked)
}

// logged waits until the gateway's logs, rotated ones included, hold so many
// lines: nginx writes a line after its client has the answer.
func (p *play) logged(g *stage.Gateway, lines int) {
	p.Helper()
	p.eventually("nginx has logged", func(context.Context) error {
		files, err := filepath.Glob(g.AccessLog + "*")
		n := 0
		for _, file := range files {
			data, readErr := os.ReadFile(file)
			n, err = n+bytes.Count(data, []byte("\n")), errors.Join(err, readErr)
		}
		if err == nil && n != lines {
			err = fmt.Errorf("%d lines", n)
		}
		return err
	})
}

// disturb is a different trouble each round.
func (p *play) disturb(g *stage.Gateway, round int) {
	p.Helper()
	switch round {
	case 0:
		p.must(g.Agent.Restart(p.deadline()))
	case 1:
		p.must(p.service.Restart(p.deadline()))
	case 2:
		p.must(p.service.KillEngine())
	}
}

// copyAndTruncate is what logrotate does with copytruncate. Nobody writes
// meanwhile: what is written between the two steps is lost by design.
func copyAndTruncate(file, to string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // read only
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, from); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Truncate(file, 0)
}
