package httpapi

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestSparedIsSent(t *testing.T) {
	w := httptest.NewRecorder()
	e := newEventWriter(w, time.Minute, func(err error) { t.Error(err) })
	e.Spared([]netip.Prefix{netip.MustParsePrefix("198.51.100.10/32")})
	if got, want := w.Body.String(), "event: spared\ndata: {\"prefixes\":[\"198.51.100.10/32\"]}\n\n"; !strings.HasSuffix(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}
