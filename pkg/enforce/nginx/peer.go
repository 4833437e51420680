package nginx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The kinds of requests to nginx's own server for the agent.
const (
	kindBegin  = "begin"  // an epoch is asked for
	kindFill   = "fill"   // a part of everything, for the epoch that comes
	kindCommit = "commit" // the epoch that came is in force
	kindChange = "change" // to the epoch in force
)

const (
	peerURL     = "http://nginx/v1/blocks"
	peerTimeout = 10 * time.Second
	epochHeader = "X-Honeymoat-Epoch"
	kindHeader  = "X-Honeymoat-Kind"
)

// peer is nginx, as its Lua module answers the agent.
type peer struct {
	socket string
	http   http.Client
}

func newPeer(socket string) *peer {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &peer{socket: socket, http: http.Client{Timeout: peerTimeout, Transport: &http.Transport{DialContext: dial, MaxIdleConns: 1}}}
}

func (p *peer) close() { p.http.CloseIdleConnections() }

// epoch is that of what nginx holds; 0 when it holds nothing.
func (p *peer) epoch(ctx context.Context) (uint64, error) {
	return p.number(p.do(ctx, http.MethodGet, "", 0, nil))
}

// begin gives the epoch under which nginx can be filled.
func (p *peer) begin(ctx context.Context) (uint64, error) {
	return p.number(p.do(ctx, http.MethodPost, kindBegin, 0, nil))
}

// send gives nginx records. It fails with errStale when the epoch is not the
// one that nginx expects.
func (p *peer) send(ctx context.Context, kind string, epoch uint64, body []byte) error {
	_, err := p.do(ctx, http.MethodPost, kind, epoch, body)
	return err
}

func (p *peer) number(text string, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("nginx at %s answers %q: want a number (is it honeymoat's server there?)", p.socket, text)
	}
	return n, nil
}

func (p *peer) do(ctx context.Context, method, kind string, epoch uint64, body []byte) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, peerURL, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("ask nginx: %w", err)
	}
	r.Header.Set(kindHeader, kind)
	r.Header.Set(epochHeader, strconv.FormatUint(epoch, 10))
	resp, err := p.http.Do(r)
	if err != nil {
		return "", fmt.Errorf("tell nginx at unix:%s: %w (does it run, with honeymoat's server in its configuration?)", p.socket, err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	err = errors.Join(err, resp.Body.Close())
	switch {
	case err != nil:
		return "", fmt.Errorf("read nginx's answer: %w", err)
	case resp.StatusCode == http.StatusConflict:
		return "", errStale
	case resp.StatusCode == http.StatusInsufficientStorage:
		return "", fmt.Errorf("nginx's lua_shared_dict honeymoat_blocks is full: make it larger")
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("nginx at unix:%s answers %s: %s", p.socket, resp.Status, tail(text))
	}
	return string(text), nil
}
