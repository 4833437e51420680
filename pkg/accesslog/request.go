package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

const maxMethod = 32

// request sets method, target and protocol from a request line. What is no
// request line is kept as the path, so that it can be looked at and matched,
// and flagged.
func (r *row) request(v []byte) {
	method, rest, ok := bytes.Cut(v, []byte{' '})
	if !ok || !isMethod(method) {
		r.Flag(event.BadRequest)
		r.text(event.Path, v)
		return
	}
	r.text(event.Method, method)
	end := bytes.LastIndexByte(rest, ' ')
	if end < 0 || !bytes.HasPrefix(rest[end+1:], []byte("HTTP/")) {
		r.Flag(event.BadRequest)
		r.target(rest)
		return
	}
	r.text(event.Protocol, rest[end+1:])
	r.target(rest[:end])
}

// target sets path and query, and the host that an absolute or authority
// target names.
func (r *row) target(v []byte) {
	if len(v) > 0 && v[0] != '/' {
		v = r.authority(v)
	}
	path, query, _ := bytes.Cut(v, []byte{'?'})
	r.text(event.Path, path)
	r.text(event.Query, query)
}

// authority takes "http://host" or "host:port" off the front of a target.
func (r *row) authority(v []byte) []byte {
	i := bytes.Index(v, []byte("://"))
	if i < 0 || i > len("https") {
		if string(r.Text(event.Method, r.Rows())) == "CONNECT" {
			r.text(event.Host, v)
			return nil
		}
		return v
	}
	host := v[i+3:]
	end := bytes.IndexAny(host, "/?")
	if end < 0 {
		end = len(host)
	}
	r.text(event.Host, host[:end])
	if end == len(host) || host[end] == '?' {
		r.SetString(event.Path, "/")
	}
	return host[end:]
}

func isMethod(v []byte) bool {
	if len(v) == 0 || len(v) > maxMethod {
		return false
	}
	for _, c := range v {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
