package httplink

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

var _ ingest.Publisher = (*Link)(nil)

// Last implements ingest.Publisher.
func (l *Link) Last(ctx context.Context, source, file string) (ingest.Mark, error) {
	var m block.FileMark
	query := url.Values{"source": {source}, "file": {file}}
	if err := l.call(ctx, http.MethodGet, "/mark?"+query.Encode(), nil, nil, &m); err != nil {
		return ingest.Mark{}, err
	}
	return ingest.Mark{Sequence: m.Sequence, End: event.Position{Offset: m.End.Offset, Line: m.End.Line}}, nil
}

// Publish implements ingest.Publisher.
func (l *Link) Publish(ctx context.Context, b *event.Batch, after uint64) (uint64, error) {
	header := http.Header{
		"Content-Type":    {"application/octet-stream"},
		block.AfterHeader: {strconv.FormatUint(after, 10)},
	}
	var stored block.LinesStored
	err := l.call(ctx, http.MethodPost, "/lines", header, l.encode(b), &stored)
	return stored.Sequence, err
}

func (l *Link) encode(b *event.Batch) []byte {
	l.encoding.Lock()
	defer l.encoding.Unlock()
	return l.codec.Append(nil, b)
}
