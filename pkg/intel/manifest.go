package intel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// manifest is a MISP feed: a list of events, and each event by itself. A look
// fetches the events that are new or changed.
type manifest struct {
	web      *web
	url      string
	limit    int64
	lifetime time.Duration // older events are not fetched; 0 = all are
	now      func() time.Time
}

const manifestName = "manifest.json"

func isManifest(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (strings.HasSuffix(u.Path, "/") || path.Base(u.Path) == manifestName)
}

func manifestURL(link string) string {
	if u, err := url.Parse(link); err == nil && strings.HasSuffix(u.Path, "/") {
		return u.JoinPath(manifestName).String()
	}
	return link
}

func (m *manifest) fetch(ctx context.Context, before *State, body func() ([]byte, error)) (answer, error) {
	r, err := m.web.get(ctx, m.url, conditions(before))
	if err != nil {
		return answer{}, err
	}
	defer r.close()
	if r.StatusCode == http.StatusNotModified {
		return answer{unchanged: true, etag: before.ETag, lastModified: before.LastModified, events: before.Events}, nil
	}
	list, err := readAll(r.Body, m.limit)
	if err != nil {
		return answer{}, fmt.Errorf("manifest of %s: %w", m.web.origin, err)
	}
	wanted, err := m.wanted(list)
	if err != nil {
		return answer{}, err
	}
	a := answer{etag: r.Header.Get("ETag"), lastModified: r.Header.Get("Last-Modified"), events: map[string]string{}}
	known := map[string]json.RawMessage{}
	if len(before.Events) > 0 {
		if old, err := body(); err == nil {
			known = eventsIn(old)
		}
	}
	return a, m.events(ctx, &a, wanted, before.Events, known)
}

// wanted gives the events that a manifest names, with their versions.
func (m *manifest) wanted(list []byte) (map[string]string, error) {
	var entries map[string]struct {
		Timestamp json.RawMessage `json:"timestamp"`
	}
	if err := json.Unmarshal(list, &entries); err != nil {
		return nil, fmt.Errorf("manifest of %s: %w", m.web.origin, err)
	}
	wanted := map[string]string{}
	for id, e := range entries {
		version := strings.Trim(string(e.Timestamp), `"`)
		if !isUUID(id) {
			return nil, fmt.Errorf("manifest of %s: %.80q is no event", m.web.origin, id)
		}
		at, err := strconv.ParseInt(version, 10, 64)
		if err == nil && m.lifetime > 0 && m.now().Sub(time.Unix(at, 0)) > m.lifetime {
			continue
		}
		wanted[id] = version
	}
	return wanted, nil
}

// isUUID tells whether an id can be part of a URL as it stands.
func isUUID(id string) bool {
	return len(id) == 36 && strings.Trim(id, "0123456789abcdefABCDEF-") == ""
}

// maxEventFailures is how many events may fail before a look gives up.
const maxEventFailures = 5

// events puts the wanted events into the answer's body: those known in their
// version, and the others as fetched. When some fail, the rest counts and the
// next look fetches them.
func (m *manifest) events(ctx context.Context, a *answer, wanted, versions map[string]string, known map[string]json.RawMessage) error {
	var failures []error
	var kept []json.RawMessage
	size := int64(0)
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		event, version := known[id], versions[id]
		if (event == nil || version != wanted[id]) && len(failures) < maxEventFailures {
			fresh, err := m.event(ctx, id)
			if err != nil {
				failures = append(failures, err)
			} else {
				event, version = fresh, wanted[id]
			}
		}
		if event == nil {
			continue
		}
		kept, a.events[id] = append(kept, event), version
		if size += int64(len(event)); size > m.limit {
			return fmt.Errorf("the events have more than %d bytes: raise the feed's max_bytes if that is right", m.limit)
		}
	}
	if len(failures) > 0 {
		a.partly = fmt.Errorf("some events could not be fetched: %w", failures[0])
		a.etag, a.lastModified = "", "" // so that the next look goes through the manifest again
		if len(kept) == 0 {
			return a.partly
		}
	}
	a.body = exportOf(kept)
	return ctx.Err()
}

// event fetches one event.
func (m *manifest) event(ctx context.Context, id string) (json.RawMessage, error) {
	base, err := url.Parse(m.url)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", id, err)
	}
	r, err := m.web.get(ctx, base.ResolveReference(&url.URL{Path: id + ".json", RawQuery: base.RawQuery}).String(), http.Header{})
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", id, err)
	}
	defer r.close()
	body, err := readAll(r.Body, m.limit)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", id, err)
	}
	var e struct{ Event json.RawMessage }
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("event %s: %w", id, err)
	}
	if e.Event == nil {
		return nil, fmt.Errorf("event %s: %w", id, errors.New(`there is no "Event" in it`))
	}
	return e.Event, nil
}

// exportOf writes events as an export of MISP, an event a line.
func exportOf(events []json.RawMessage) []byte {
	var s bytes.Buffer
	s.WriteString(`{"response": [`)
	for i, e := range events {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteString("\n{\"Event\": ")
		s.Write(e)
		s.WriteByte('}')
	}
	s.WriteString("\n]}\n")
	return s.Bytes()
}

// eventsIn reads the events that exportOf wrote, by id.
func eventsIn(export []byte) map[string]json.RawMessage {
	var list struct {
		Response []struct{ Event json.RawMessage } `json:"response"`
	}
	events := map[string]json.RawMessage{}
	if json.Unmarshal(export, &list) != nil {
		return events // all are fetched anew
	}
	for _, e := range list.Response {
		var head struct {
			UUID string `json:"uuid"`
		}
		if json.Unmarshal(e.Event, &head) == nil && head.UUID != "" {
			events[head.UUID] = e.Event
		}
	}
	return events
}
