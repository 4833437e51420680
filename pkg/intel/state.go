package intel

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/renameio/v2"
)

// State is what is known of a feed. It lies beside its body.
type State struct {
	Feed   string `json:"feed"`
	Origin string `json:"origin"` // URL or file
	Format string `json:"format,omitempty"`
	Body   string `json:"body,omitempty"` // file that holds what is in force; empty = nothing yet

	Checked time.Time `json:"checked,omitzero"` // last look
	Seen    time.Time `json:"seen,omitzero"`    // when the origin last said what is in force
	Changed time.Time `json:"changed,omitzero"` // when what is in force changed last
	Next    time.Time `json:"next,omitzero"`    // next look

	Taken   int            `json:"taken"` // indicators in force
	Kinds   map[string]int `json:"kinds,omitempty"`
	Refused int            `json:"refused,omitempty"`
	LeftOut map[string]int `json:"left_out,omitempty"`

	Problem  string `json:"problem,omitempty"`  // why the last look failed
	Failures int    `json:"failures,omitempty"` // looks in a row that failed
	Held     *Held  `json:"held,omitempty"`

	ETag         string            `json:"etag,omitempty"`
	LastModified string            `json:"last_modified,omitempty"`
	AddedAfter   string            `json:"added_after,omitempty"` // TAXII: up to where objects were fetched
	Objects      string            `json:"objects,omitempty"`     // TAXII: the collection's URL
	Events       map[string]string `json:"events,omitempty"`      // MISP: event → version
}

// Held is a body that waits for a person.
type Held struct {
	Body   string    `json:"body"`
	Taken  int       `json:"taken"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"`
}

const (
	stateFile  = "state.json"
	acceptFile = "accept"
)

// ReadStates reads what is known of the feeds in a directory, by name. One
// that cannot be read is told in the error, and does not hide the others.
func ReadStates(dir string) ([]State, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", stateFile))
	if err != nil {
		return nil, fmt.Errorf("look for feeds in %s: %w", dir, err)
	}
	var states []State
	var errs []error
	for _, file := range files {
		s, err := (shelf{filepath.Dir(file)}).state()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		states = append(states, s)
	}
	slices.SortFunc(states, func(a, b State) int { return cmp.Compare(a.Feed, b.Feed) })
	return states, errors.Join(errs...)
}

// ErrNothingHeld is wrapped by Accept when there is nothing to accept.
var ErrNothingHeld = errors.New("nothing is held")

// Accept asks for the body of a feed that is held to be put in force, of
// whoever runs or will run the feeds in a directory.
func Accept(dir, feed string) (Held, error) {
	if f := (Feed{Name: feed, File: "-"}); f.check() != nil {
		return Held{}, fmt.Errorf("accept feed %q: %w: that is no name of a feed", feed, ErrNothingHeld)
	}
	s := shelf{filepath.Join(dir, feed)}
	state, err := s.state()
	if err != nil {
		return Held{}, err
	}
	if state.Held == nil {
		return Held{}, fmt.Errorf("accept feed %s: %w", feed, ErrNothingHeld)
	}
	if err := renameio.WriteFile(filepath.Join(s.dir, acceptFile), []byte(state.Held.Body), 0o600); err != nil {
		return Held{}, fmt.Errorf("accept feed %s: %w", feed, err)
	}
	return *state.Held, nil
}

// shelf is the folder of one feed.
type shelf struct{ dir string }

// state reads the page about the feed; there may be none.
func (s shelf) state() (State, error) {
	var state State
	data, err := os.ReadFile(filepath.Join(s.dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err != nil {
		return State{}, fmt.Errorf("read what is known of a feed: %s: %w", filepath.Join(s.dir, stateFile), err)
	}
	return state, nil
}

// save writes the page, and removes bodies that it does not name.
func (s shelf) save(state *State) error {
	data, err := json.MarshalIndent(state, "", "  ")
	if err == nil {
		err = os.MkdirAll(s.dir, 0o700)
	}
	if err == nil {
		err = renameio.WriteFile(filepath.Join(s.dir, stateFile), data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep feed %s in %s: %w", state.Feed, s.dir, cause(err))
	}
	s.tidy(state)
	return nil
}

func (s shelf) tidy(state *State) {
	bodies, _ := filepath.Glob(filepath.Join(s.dir, "body-*")) // the pattern is right
	for _, body := range bodies {
		if name := filepath.Base(body); name != state.Body && (state.Held == nil || name != state.Held.Body) {
			_ = os.Remove(body) // what stays is removed the next time
		}
	}
}

// put writes a body under a name made from it.
func (s shelf) put(body []byte) (name string, err error) {
	name = nameOf(body)
	if err = os.MkdirAll(s.dir, 0o700); err == nil {
		err = renameio.WriteFile(filepath.Join(s.dir, name), body, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("keep a feed's body in %s: %w", s.dir, cause(err))
	}
	return name, nil
}

// cause takes the name of a file off an error: a temporary one has another name
// each time, and what goes wrong again is told once.
func cause(err error) error {
	if failed := new(fs.PathError); errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// body reads a body, and refuses one that is not what it was.
func (s shelf) body(name string) ([]byte, error) {
	body, err := os.ReadFile(filepath.Join(s.dir, filepath.Base(name)))
	if err != nil {
		return nil, fmt.Errorf("read a feed's body: %w", err)
	}
	if nameOf(body) != name {
		return nil, fmt.Errorf("the feed's body %s is damaged", filepath.Join(s.dir, name))
	}
	return body, nil
}

func nameOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "body-" + hex.EncodeToString(sum[:12])
}

// accepted tells whether a person accepted a body.
func (s shelf) accepted(h *Held) bool {
	if h == nil {
		return false
	}
	name, err := os.ReadFile(filepath.Join(s.dir, acceptFile))
	return err == nil && string(name) == h.Body
}

// settle takes a person's word off the table.
func (s shelf) settle() { _ = os.Remove(filepath.Join(s.dir, acceptFile)) }
