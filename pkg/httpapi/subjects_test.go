package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

type fakeSubjects struct {
	erased []erase.Subject
	fails  error
	during func() // called while it erases
}

func (f *fakeSubjects) Hash(value string) []string { return []string{"k2:" + value, "k1:" + value} }

func (f *fakeSubjects) Principal(context.Context, string, []string) (wire.PrincipalEvents, error) {
	at := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	return wire.PrincipalEvents{Events: 3, FirstSeen: &at, LastSeen: &at}, f.fails
}

func (f *fakeSubjects) Erase(_ context.Context, s erase.Subject) (erase.Report, error) {
	f.erased = append(f.erased, s)
	if f.during != nil {
		f.during()
	}
	r := erase.Report{Outcomes: []erase.Outcome{{Place: "store: events", Found: 3}}, Complete: f.fails == nil}
	if f.fails != nil {
		r.Failures = []string{f.fails.Error()}
	}
	return r, f.fails
}

func TestPrincipalIsFoundWithATrace(t *testing.T) {
	w := newWorld(t)
	ask := call{method: http.MethodPost, path: "/api/v1/principals/find", token: analystToken, body: `{"value":"bob","reason":"ticket 7"}`}
	got := decoded[wire.Principal](t, w.do(ask))
	if got.Events != 3 || len(got.Hashes) != 2 || got.Addresses == nil {
		t.Errorf("%+v", got)
	}
	if audited := w.operator.auditedText; !strings.Contains(audited, "principal.find k2:bob") {
		t.Errorf("audited %s", audited)
	}
	ask.body = `{"value":"bob"}`
	w.problem(w.do(ask), badParameters)
	if strings.Contains(w.log.String(), "bob") {
		t.Errorf("the log names whom it was about: %s", w.log)
	}
}

func TestErasureAnswersWithTheProof(t *testing.T) {
	w := newWorld(t)
	erasing := func(body string) call {
		return call{method: http.MethodPost, path: "/api/v1/erasures", token: adminToken, body: body}
	}
	if r := decoded[erase.Report](t, w.do(erasing(`{"address":"::ffff:192.0.2.1","reason":"ticket 8"}`))); !r.Complete {
		t.Errorf("%+v", r)
	}
	if r := decoded[erase.Report](t, w.do(erasing(`{"principal":"bob","reason":"ticket 9"}`))); !r.Complete {
		t.Errorf("%+v", r)
	}
	if s := w.subjects.erased; len(s) != 2 || s[0].Text() != "192.0.2.1" || s[1].Value != "bob" || len(s[1].Hashes) != 2 {
		t.Errorf("erased %+v", s)
	}
	audited := w.operator.auditedText
	if !strings.Contains(audited, "erase.begin k2:192.0.2.1") || !strings.Contains(audited, "erase.end k2:bob") {
		t.Errorf("audited %s", audited)
	}
	w.subjects.fails = errors.New("the store is away")
	if r := decoded[erase.Report](t, w.do(erasing(`{"principal":"bob","reason":"ticket 9"}`))); r.Complete || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{
		`{"reason":"x"}`, `{"address":"192.0.2.1"}`, `{"address":"192.0.2","reason":"x"}`,
		`{"address":"192.0.2.1","principal":"bob","reason":"x"}`, `{"principal":"b","reason":"x"}`,
	} {
		w.problem(w.do(erasing(bad)), badParameters)
	}
}

// deadlines is a connection that tells when its deadlines are set.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write *time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = &at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = &at; return nil }

// An erasure rewrites tables: the server's deadlines for a request would end it
// half way, and nobody would get the proof.
func TestAnErasureHasNoDeadline(t *testing.T) {
	w := newWorld(t)
	answer := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest(http.MethodPost, "/api/v1/erasures", strings.NewReader(`{"address":"192.0.2.1","reason":"ticket 8"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+adminToken)
	w.engine.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK || answer.read == nil || !answer.read.IsZero() || answer.write == nil || !answer.write.IsZero() {
		t.Errorf("status %d, deadlines %v and %v", answer.Code, answer.read, answer.write)
	}
}

// Whoever asked for an erasure may be gone when it ends: the audit has it.
func TestTheEndOfAnErasureIsRecordedWithoutACaller(t *testing.T) {
	w := newWorld(t)
	ctx, gone := context.WithCancel(t.Context())
	w.subjects.during = gone
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/erasures", strings.NewReader(`{"principal":"bob","reason":"ticket 9"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+adminToken)
	w.engine.ServeHTTP(httptest.NewRecorder(), r)
	if audited := w.operator.auditedText; !strings.Contains(audited, "erase.end k2:bob") {
		t.Errorf("audited %s", audited)
	}
}
