package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// cookies finds the session in the header Cookie.
func (s *sink) cookies(v []byte) {
	for len(v) > 0 {
		var pair []byte
		pair, v, _ = bytes.Cut(v, []byte{';'})
		name, value, ok := bytes.Cut(bytes.TrimSpace(pair), []byte{'='})
		if value = bytes.Trim(value, `"`); ok && isSessionCookie(name) && !redacted(value) {
			s.text(event.Session, value)
			return
		}
	}
}

// isSessionCookie tells whether a cookie's name says that it holds a session.
func isSessionCookie(name []byte) bool {
	for i := 0; i+4 <= len(name); i++ {
		if bytes.EqualFold(name[i:i+4], []byte("sess")) {
			return true
		}
	}
	n := len(name)
	if n < 3 || !bytes.EqualFold(name[n-3:], []byte("sid")) {
		return false
	}
	return n == 3 || name[n-4] == '_' || name[n-4] == '.'
}

// redacted tells whether a gateway wrote something else for a secret, which
// many clients then seem to share.
func redacted(v []byte) bool {
	return len(bytes.Trim(v, "*")) == 0 || bytes.EqualFold(bytes.Trim(v, "[]<>"), []byte("redacted"))
}
