package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/lists"
)

// fetchList answers with the blocks of a segment as a list. Whoever has the
// current one may wait for the next.
func (s *Server) fetchList(x *exchange) error {
	p := newParams(x.Request.URL)
	wait := read(p, "wait", patience)
	if err := p.err(); err != nil {
		return err
	}
	segment, format, err := lists.ParseName(x.Param("name"))
	if err != nil {
		return notFound.hinted(err.Error(), "Such as all.txt.")
	}
	if !block.ValidName(segment) {
		return invalid("name", block.ErrName.Error())
	}
	if !x.token.MayFetch(segment, block.All) {
		return lowRole.hinted("the token is not for the segment "+segment, "Give it the segment: honeymoat tokens add NAME --role bouncer --segment "+segment+".")
	}
	ctx, cancel := context.WithCancel(x.Request.Context())
	defer cancel()
	defer context.AfterFunc(s.streams, cancel)()
	if err := s.allowTime(x, wait); err != nil {
		return err
	}
	x.stream = wait > 0
	err = s.lists.Serve(x.Writer, x.Request.WithContext(ctx), segment, format, wait)
	if err != nil && x.Writer.Written() {
		x.err = err // the reader has gone: nothing can be told to it
		return nil
	}
	return err
}

// allowTime moves the connection's deadlines for an answer that takes its
// time.
func (s *Server) allowTime(x *exchange, wait time.Duration) error {
	control := http.NewResponseController(x.Writer)
	deadline := time.Now().Add(wait + s.options.QueryTimeout + readTimeout)
	for _, set := range []func(time.Time) error{control.SetReadDeadline, control.SetWriteDeadline} {
		if err := set(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("wait for a list: %w", err)
		}
	}
	return nil
}

// patience reads how long somebody waits.
func patience(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > lists.MaxWait {
		return 0, fmt.Errorf("want a time such as 30s, of at most %s", lists.MaxWait)
	}
	return d, nil
}
