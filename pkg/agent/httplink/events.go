package httplink

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxEvent bounds one event: a snapshot of five million blocks fits.
const maxEvent = 256 << 20

var errEventSize = errors.New("an event is longer than 256 MiB")

// eventReader reads server-sent events. It understands event and data;
// comments and other fields are passed over, as the standard wants it.
type eventReader struct {
	in   *bufio.Reader
	data bytes.Buffer
	line []byte
}

func newEventReader(r io.Reader) *eventReader {
	return &eventReader{in: bufio.NewReaderSize(r, 64<<10)}
}

// next gives the next event that has data. The data is valid until the next
// call.
func (r *eventReader) next() (name string, data []byte, err error) {
	r.data.Reset()
	for {
		line, err := r.readLine()
		if err != nil {
			return "", nil, err
		}
		if len(line) == 0 {
			if r.data.Len() > 0 {
				return name, bytes.TrimSuffix(r.data.Bytes(), []byte("\n")), nil
			}
			name = ""
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			name = string(value)
		case "data":
			if r.data.Len()+len(value) > maxEvent {
				return "", nil, errEventSize
			}
			r.data.Write(value)
			r.data.WriteByte('\n')
		}
	}
}

// readLine gives a line without its end. A stream that ends within a line
// gives an error: the event is not whole.
func (r *eventReader) readLine() ([]byte, error) {
	r.line = r.line[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.line = append(r.line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(bytes.TrimSuffix(r.line, []byte("\n")), []byte("\r")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("read the stream of changes: %w", err)
		case len(r.line) > maxEvent:
			return nil, errEventSize
		}
	}
}
