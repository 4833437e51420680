package intel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// answer is what a look at a feed's origin brought.
type answer struct {
	unchanged bool // what was there before is what it still says
	body      []byte
	// What the next look needs to know.
	etag, lastModified  string
	addedAfter, objects string
	events              map[string]string
	// partly is why the body is not all that the origin has; it is whole in
	// itself, and the next look goes on.
	partly error
}

// keep writes what the next look needs to know into a state.
func (a *answer) keep(s *State) {
	s.ETag, s.LastModified, s.AddedAfter, s.Objects, s.Events = a.etag, a.lastModified, a.addedAfter, a.objects, a.events
}

// origin is one way to look at a feed. before is what is known from the looks
// before, without a body if it has to be fetched in full; body gives it.
type origin interface {
	fetch(ctx context.Context, before *State, body func() ([]byte, error)) (answer, error)
}

func newOrigin(f *Feed, client *http.Client, now func() time.Time) origin {
	web := newWeb(f, client, now)
	switch {
	case f.File != "":
		return file{path: f.File, limit: f.MaxBytes}
	case f.Read.Format == TAXII:
		return &taxii{web: web, url: f.URL, collection: f.Collection, limit: f.MaxBytes, now: now}
	case f.Read.Format == indicator.MISP && isManifest(f.URL):
		return &manifest{web: web, url: manifestURL(f.URL), limit: f.MaxBytes, lifetime: f.Read.Expires, now: now}
	}
	return page{web: web, url: f.URL, limit: f.MaxBytes}
}

// page is a feed that is one answer of a web server.
type page struct {
	web   *web
	url   string
	limit int64
}

func (p page) fetch(ctx context.Context, before *State, _ func() ([]byte, error)) (answer, error) {
	r, err := p.web.get(ctx, p.url, conditions(before))
	if err != nil {
		return answer{}, err
	}
	defer r.close()
	if r.StatusCode == http.StatusNotModified {
		return answer{unchanged: true, etag: before.ETag, lastModified: before.LastModified}, nil
	}
	body, err := readAll(r.Body, p.limit)
	if err != nil {
		return answer{}, fmt.Errorf("answer of %s: %w", p.web.origin, err)
	}
	return answer{body: body, etag: r.Header.Get("ETag"), lastModified: r.Header.Get("Last-Modified")}, nil
}

// conditions are the headers that spare the server an answer that is known.
func conditions(before *State) http.Header {
	h := http.Header{}
	if before.ETag != "" {
		h.Set("If-None-Match", before.ETag)
	}
	if before.LastModified != "" {
		h.Set("If-Modified-Since", before.LastModified)
	}
	return h
}

// file is a feed that somebody else writes on this host.
type file struct {
	path  string
	limit int64
}

func (f file) fetch(_ context.Context, before *State, _ func() ([]byte, error)) (answer, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return answer{}, fmt.Errorf("open feed: %w", err)
	}
	defer func() { _ = in.Close() }() // read only
	look := func() string {
		info, err := in.Stat()
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %d", info.ModTime().UnixNano(), info.Size())
	}
	seen := look()
	if seen == before.ETag {
		return answer{unchanged: true, etag: seen}, nil
	}
	body, err := readAll(in, f.limit)
	if err == nil && look() != seen {
		err = errors.New("it was written to meanwhile")
	}
	if err != nil {
		return answer{}, fmt.Errorf("feed %s: %w", f.path, err)
	}
	return answer{body: body, etag: seen}, nil
}

// secret reads a file with a token or password.
func secret(path string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	defer func() { _ = in.Close() }() // read only
	const longest = 16 << 10
	text, err := io.ReadAll(io.LimitReader(in, longest))
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
