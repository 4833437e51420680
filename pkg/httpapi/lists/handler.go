package lists

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Blocks is the blocklist: bus.Blocks.
type Blocks interface {
	// Since gives the edits after a cursor. After 0 they are all live blocks, in
	// a fixed order; what they point to may not be changed.
	Since(cursor uint64) (edits []block.Edit, next uint64, reset bool)
	Versions() map[string]block.Version
	// Changed gives a channel that the next change closes.
	Changed() <-chan struct{}
}

// MaxWait is the longest that a question may wait for a change.
const MaxWait = 2 * time.Minute

// Handler answers with lists. A list is written once for all who ask for it
// while it stays the same. It is safe for concurrent use.
type Handler struct {
	states states
	press  *press
}

// New makes a handler.
func New(b Blocks) *Handler {
	h := &Handler{states: states{blocks: b}}
	h.press = newPress(&h.states, maxKept, maxBody)
	return h
}

// Serve answers with the list of a segment, which includes the segment of
// everybody. Whoever has the current one, by If-None-Match, waits up to wait
// for the next, and is answered 304 if there is none.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, segment string, f Format, wait time.Duration) error {
	s := sheet{segment, f, accepts(r.Header.Get("Accept-Encoding"), "gzip")}
	held := r.Header.Get("If-None-Match")
	tag := h.states.await(r.Context(), s, held, min(wait, MaxWait))
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", tag)
	if matches(held, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", contentTypes[f])
	if s.zipped {
		header.Set("Content-Encoding", "gzip")
	}
	if r.Method == http.MethodHead {
		return nil
	}
	e, err := h.press.edition(r.Context(), s)
	if errors.Is(err, errTooLong) {
		header.Set("ETag", e.tag)
		return h.press.stream(r.Context(), w, s, e.tag)
	}
	if err != nil {
		header.Del("Content-Encoding") // an error is told in plain words
		return err
	}
	return hand(w, r, e, s)
}

// hand gives an edition to who asks for it, or a part of it.
func hand(w http.ResponseWriter, r *http.Request, e *edition, s sheet) error {
	w.Header().Set("ETag", e.tag)
	if !s.zipped {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(e.body))
		return nil
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(e.body)))
	_, err := w.Write(e.body)
	return err
}

func accepts(header, encoding string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		return name == encoding && strings.ReplaceAll(q, " ", "") != "q=0"
	})
}

// matches tells whether a header names the state that a tag names, packed or
// not.
func matches(header, tag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		return part == "*" || plainTag(part) == plainTag(tag)
	})
}

func plainTag(tag string) string {
	if state, packed := strings.CutSuffix(tag, zippedEnd); packed {
		return state + `"`
	}
	return tag
}
