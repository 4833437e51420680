package stage

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestTallyCountsTrouble(t *testing.T) {
	s := &Stroll{}
	if s.Tally().Undisturbed() {
		t.Error("a visitor who asked nothing was undisturbed")
	}
	s.count(Answer{Status: http.StatusOK, Took: 3 * time.Millisecond}, nil)
	if tally := s.Tally(); !tally.Undisturbed() || tally.Slowest != 3*time.Millisecond {
		t.Errorf("%+v", tally)
	}
	s.count(Answer{Status: http.StatusForbidden}, nil)
	s.count(Answer{}, errors.New("no route"))
	if tally := s.Tally(); tally.Undisturbed() || tally.Requests != 3 || tally.Served != 1 || len(tally.Trouble) != 2 {
		t.Errorf("%+v", tally)
	}
}

func TestVisitorIsSeenAsWhoItSays(t *testing.T) {
	s := &Stage{dir: t.TempDir(), ports: map[int]bool{}}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b, err := s.Backend()
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{Name: "none", URL: "http://" + b.Address}
	v := NewVisitor("203.0.113.1", "test")
	defer v.Leave()
	f := func(path string, status int) {
		t.Helper()
		if answer, err := v.Get(t.Context(), g, path); err != nil || answer.Status != status {
			t.Errorf("%s: %d, %v", path, answer.Status, err)
		}
	}
	f("/shop/x", http.StatusOK)
	f("/shop/account", http.StatusUnauthorized)
	f("/.env", http.StatusNotFound)
	b.Serves("/.env")
	if answer, err := v.WaitStatus(patient(t), g, "/.env", http.StatusOK); err != nil || answer.Took <= 0 {
		t.Errorf("%+v, %v", answer, err)
	}
	if b.Asked("/.env") != 2 {
		t.Errorf("asked %d times", b.Asked("/.env"))
	}
}
