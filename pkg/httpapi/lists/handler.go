package lists

import (
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Blocks is the blocklist: bus.Blocks.
type Blocks interface {
	List() []block.Block // live ones, in a fixed order
	Versions() map[string]block.Version
	// Changed gives a channel that the next change closes.
	Changed() <-chan struct{}
}

// MaxWait is the longest that a question may wait for a change.
const MaxWait = 2 * time.Minute

// Handler answers with lists. It is safe for concurrent use.
type Handler struct {
	blocks Blocks
	now    func() time.Time
}

// New makes a handler.
func New(b Blocks, now func() time.Time) *Handler { return &Handler{b, now} }

// Serve answers with the list of a segment, which includes the segment of
// everybody. Whoever has the current one, by If-None-Match, waits up to wait
// for the next, and is answered 304 if there is none.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, segment string, f Format, wait time.Duration) error {
	tag := h.await(r.Context(), segment, f, r.Header.Get("If-None-Match"), min(wait, MaxWait))
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", contentTypes[f])
	if r.Method == http.MethodHead {
		return nil
	}
	return h.write(w, r, newList(segment, h.blocks.List(), h.now()), f)
}

func (h *Handler) write(w http.ResponseWriter, r *http.Request, l *list, f Format) error {
	if !accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		return l.write(w, f)
	}
	w.Header().Set("Content-Encoding", "gzip")
	zipped := gzip.NewWriter(w)
	if err := l.write(zipped, f); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return fmt.Errorf("compress list: %w", err)
	}
	return nil
}

func accepts(header, encoding string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		return name == encoding && strings.ReplaceAll(q, " ", "") != "q=0"
	})
}

// await gives the tag of the list, once it is another than the one that is
// held, or time is up.
func (h *Handler) await(ctx context.Context, segment string, f Format, held string, wait time.Duration) string {
	end := time.NewTimer(wait)
	defer end.Stop()
	for {
		changed := h.blocks.Changed()
		tag := h.tag(segment, f)
		if wait <= 0 || !matches(held, tag) {
			return tag
		}
		select {
		case <-changed:
		case <-end.C:
			return h.tag(segment, f)
		case <-ctx.Done():
			return tag
		}
	}
}

// tag names a state of the list.
func (h *Handler) tag(segment string, f Format) string {
	versions := h.blocks.Versions()
	own, all := versions[segment], versions[block.All]
	return fmt.Sprintf(`"%x-%x-%x-%x-%s"`, own.Revision, own.Hash, all.Revision, all.Hash, f)
}

func matches(header, tag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		return part == tag || part == "*"
	})
}
