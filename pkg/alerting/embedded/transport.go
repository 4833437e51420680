package embedded

import (
	"bytes"
	"io"
	"net/http"
)

// inProcess carries requests to a handler without a network.
type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper]. The handler has ended when it
// returns, and the whole answer is in memory.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "in-process"
	out := &answer{header: make(http.Header)}
	t.handler.ServeHTTP(out, in)
	return out.response(req), nil
}

// answer is an [http.ResponseWriter] into memory.
type answer struct {
	header http.Header
	sent   http.Header // header as it was when the status was written
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) response(req *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        http.StatusText(a.status),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.sent,
		Body:          io.NopCloser(&a.body),
		ContentLength: int64(a.body.Len()),
		Request:       req,
	}
}
