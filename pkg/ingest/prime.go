package ingest

import (
	"bytes"
	"context"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
)

// prime shows a reader the beginning of a file in which it is to go on from a
// place: what format it is, and what its columns are, may stand there only.
// It gives the first bytes. What cannot be read is told by the reading that
// follows. It ends early when ctx does.
func prime(ctx context.Context, lines *accesslog.Reader, f readerAt, until int64) (head []byte) {
	if until == 0 {
		return nil
	}
	chunk := make([]byte, chunkBytes)
	for at := int64(0); at < until && ctx.Err() == nil; {
		n, err := f.ReadAt(chunk[:min(chunkBytes, until-at)], at)
		if err != nil || n == 0 {
			return head
		}
		if at == 0 {
			head = beginning(chunk[:n])
		}
		whole := bytes.LastIndexByte(chunk[:n], '\n') + 1
		if whole == 0 {
			whole = n // a part of a long line, which tells nothing
		}
		if !lines.Prime(chunk[:whole]) {
			return head
		}
		at += int64(whole)
	}
	return head
}
