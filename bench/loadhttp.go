package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const kindHTTP = "http"

// patience is how long an answer may take.
const patience = 5 * time.Second

// clientHeaders tell gateways who a client is: the load plays the balancer in
// front of them. nginx and HAProxy read the first, Caddy the second.
var clientHeaders = [2]string{"X-Stage-Client", "X-Forwarded-For"}

// httpCaller is an HTTP/1.1 connection that is kept as long as the gateway
// does. It does far less than net/http, so that little of the machine goes into
// asking.
type httpCaller struct {
	address  string
	conn     net.Conn
	in       *bufio.Reader
	requests [][]byte
	next     int
}

func dialHTTP(ctx context.Context, address string, first int) (caller, error) {
	a := &httpCaller{address: address, in: bufio.NewReader(nil), next: first}
	for i := range passingClients {
		a.requests = append(a.requests, requestOf(passingClient(i)))
	}
	return a, a.dial(ctx)
}

func (a *httpCaller) dial(ctx context.Context) (err error) {
	if a.conn, err = new(net.Dialer).DialContext(ctx, "tcp", a.address); err == nil {
		a.in.Reset(a.conn)
	}
	return err
}

// passingClients is how many clients ask.
const passingClients = 1000

// passingClient is one that nobody blocks.
func passingClient(i int) netip.Addr { return gatewayClient(uint32(2*i + 1)) }

// gatewayClient scatters numbers over 32.0.0.0/3; even ones are blocked.
func gatewayClient(i uint32) netip.Addr {
	n := 0x20000000 | i*2_654_435_761&0x1fffffff
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// requestOf is a request as browsers send it.
func requestOf(client netip.Addr) []byte {
	return fmt.Appendf(nil, "GET /shop/articles/4711?color=blue HTTP/1.1\r\nHost: shop.example\r\n"+
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"+
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"+
		"Accept-Encoding: gzip, deflate\r\n%s: %s\r\n%s: %s\r\n\r\n", clientHeaders[0], client, clientHeaders[1], client)
}

// ask implements caller.
func (a *httpCaller) ask() error {
	if err := a.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := a.conn.Write(a.requests[a.next%len(a.requests)]); err != nil {
		return err
	}
	a.next++
	last, err := readAnswer(a.in)
	if err != nil || !last {
		return err
	}
	// nginx closes after a thousand requests.
	return errors.Join(a.conn.Close(), a.dial(context.Background()))
}

// welcome is what stands behind the gateways answers.
const welcome = "welcome to the shop\n"

// readAnswer reads the answer, which has to be welcome. last tells that the
// connection is closed after it.
func readAnswer(in *bufio.Reader) (last bool, err error) {
	status, err := in.ReadSlice('\n')
	if err != nil {
		return false, err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return false, fmt.Errorf("the answer is %q", status)
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return last, readWelcome(in)
		}
		last = last || bytes.EqualFold(line, []byte("Connection: close"))
	}
}

func readWelcome(in *bufio.Reader) error {
	body, err := in.Peek(len(welcome))
	if err != nil {
		return err
	}
	if string(body) != welcome {
		return fmt.Errorf("the answer says %q", body)
	}
	_, err = in.Discard(len(welcome))
	return err
}

// Close implements io.Closer.
func (a *httpCaller) Close() error { return a.conn.Close() }
