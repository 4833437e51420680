package httpapi

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

const (
	maxPushed  = 8 << 20  // bytes of a body as it was sent
	maxContent = 16 << 20 // bytes of a body when it is unpacked
	maxPushers = 256      // requests at the same time for a source
	retryAfter = "1"      // seconds
)

// doors let so many requests at the same time in for a source.
type doors map[string]chan struct{}

func newDoors(sources []string) doors {
	d := doors{}
	for _, name := range sources {
		d[name] = make(chan struct{}, maxPushers)
	}
	return d
}

// enter fails when there is no such source, or too much of a crowd.
func (d doors) enter(source string) (leave func(), err error) {
	door, ok := d[source]
	if !ok {
		return nil, notFound.hinted("no source "+source+" takes logs by HTTP", "Give it http: true in the service's configuration.")
	}
	select {
	case door <- struct{}{}:
		return func() { <-door }, nil
	default:
		return nil, busy.with(fmt.Sprintf("%d requests for the source wait already", maxPushers))
	}
}

// ingest takes lines that a gateway pushes.
func (s *Server) ingest(x *exchange) error {
	receipt, err := s.push(x)
	if p := problemOf(err); err != nil && p.Name() == busy.name {
		x.Header("Retry-After", retryAfter)
	}
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Pushed{Received: receipt.Received, Rejected: receipt.Rejected})
	return nil
}

func (s *Server) push(x *exchange) (ingest.Receipt, error) {
	source, cut, err := pushed(x)
	if err != nil {
		return ingest.Receipt{}, err
	}
	leave, err := s.doors.enter(source)
	if err != nil {
		return ingest.Receipt{}, err
	}
	defer leave()
	letter, err := s.options.Inbox.Letter(source)
	if err != nil {
		return ingest.Receipt{}, fmt.Errorf("the configuration names a source that nobody ships: %w", err)
	}
	defer letter.Drop()
	body, err := unpacked(x.Request, maxContent)
	if err != nil {
		return ingest.Receipt{}, err
	}
	defer body.Close()
	if _, err := letter.ReadFrom(body); err != nil {
		return ingest.Receipt{}, err
	}
	if err := cut(letter); err != nil {
		return ingest.Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(x.Request.Context(), s.options.PushWait)
	defer cancel()
	return letter.Send(ctx)
}

// pushed tells for which source a request is, and how its body is cut into
// records.
func pushed(x *exchange) (source string, cut func(*ingest.Letter) error, err error) {
	p := newParams(x.Request.URL)
	if source = p.text("source"); source == "" {
		p.wrong("source", "want the name of a source with http: true")
	}
	if err := p.err(); err != nil {
		return "", nil, err
	}
	if !x.token.MayPush(source) {
		return "", nil, lowRole.with("the token is not for the source " + source)
	}
	cut, err = cutter(x.GetHeader("Content-Type"))
	return source, cut, err
}

func cutter(contentType string) (func(*ingest.Letter) error, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err == nil {
		switch media {
		case "application/json":
			return cutJSON, nil
		case "application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain":
			return func(l *ingest.Letter) error { return l.AddLines(l.Bytes()) }, nil
		}
	}
	return nil, badMedia.hinted(fmt.Sprintf("Content-Type is %q", contentType), "Send application/json, application/x-ndjson or text/plain.")
}

// cutJSON is done with the whole body before anything of it is sent.
func cutJSON(l *ingest.Letter) error {
	err := accesslog.SplitJSON(l.Bytes(), l.Add)
	if errors.Is(err, accesslog.ErrNotJSON) || errors.Is(err, accesslog.ErrBrokenArray) {
		return badRequest.hinted(err.Error(), "Nothing of this request was taken. Lines are sent as application/x-ndjson or text/plain.")
	}
	return err
}
