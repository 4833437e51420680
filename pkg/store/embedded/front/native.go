package front

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// encoder writes the engine's output in the form that the client understands.
type encoder interface{ write(piece []byte) error }

// newEncoder passes output through, except Native for a client that names its
// protocol revision: the engine writes blocks of revision 0 only.
func newEncoder(format string, revision uint64, w io.Writer) encoder {
	if format == "Native" && revision > 0 {
		return &nativeEncoder{revision: revision, w: w}
	}
	return passThrough{w}
}

type passThrough struct{ w io.Writer }

func (p passThrough) write(piece []byte) error {
	_, err := p.w.Write(piece)
	return err
}

// nativeEncoder re-encodes blocks for a revision of the protocol.
type nativeEncoder struct {
	revision uint64
	w        io.Writer
	buf      chproto.Buffer
}

// write re-encodes a piece, which is one or more whole blocks.
func (n *nativeEncoder) write(piece []byte) error {
	r := chproto.NewReader(bytes.NewReader(piece))
	for {
		block := proto.NewBlock()
		if err := block.Decode(r, 0); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("decode the engine's block: %w", err)
		}
		n.buf.Reset()
		if err := block.Encode(&n.buf, n.revision); err != nil {
			return fmt.Errorf("encode block for revision %d: %w", n.revision, err)
		}
		if _, err := n.w.Write(n.buf.Buf); err != nil {
			return err
		}
	}
}
