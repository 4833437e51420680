package respond

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Versions of the encoding of a checkpoint. Since version 4 it is a line of JSON
// with no more than its version, after which all follows compressed: the state
// as a line of JSON, and the detector's memory.
const (
	firstVersion  = 1 // the oldest that is read: one line of JSON
	partedVersion = 2 // since then the memory follows the line, compressed
	packedVersion = 4
	stateVersion  = packedVersion
)

// state is a checkpoint: everything that a restart needs besides the stream
// of events from the sequence on, and the detector's memory.
type state struct {
	Version  int          `json:"version"`
	Sequence uint64       `json:"sequence"`
	Ledger   *Ledger      `json:"ledger"`
	Audit    []AuditEntry `json:"audit,omitempty"`
	// Journal is the number of the last entry of the journal that this holds.
	Journal uint64 `json:"journal,omitempty"`
	// Memory is the detector's in version 1, which had no second part.
	Memory []byte `json:"memory,omitempty"`
}

// frozenState is what state is read from. It shares nothing that changes.
type frozenState struct {
	Version  int          `json:"version"`
	Sequence uint64       `json:"sequence"`
	Ledger   *ledgerState `json:"ledger"`
	Audit    []AuditEntry `json:"audit,omitempty"`
	Journal  uint64       `json:"journal,omitempty"`
}

// What is written is compressed at once, because there is never room for all of
// it twice. What is read is no larger than maxPart, each of the two parts.
const (
	packWindow = 512 << 10
	maxPart    = 2 << 30
)

// encode writes the state that was taken.
func (c *captured) encode() ([]byte, error) {
	out := new(bytes.Buffer)
	fmt.Fprintf(out, "{\"version\":%d}\n", c.state.Version)
	z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packWindow))
	if err != nil {
		return nil, err
	}
	c.state.Ledger.sort()
	err = json.NewEncoder(z).Encode(c.state)
	if err == nil && c.memory != nil {
		err = c.memory(z)
	}
	err = errors.Join(err, z.Close())
	return out.Bytes(), err
}

// read gives the detector's memory besides. The error wraps ErrState. Of a
// version that this program does not know only that is read.
func (s *state) read(data []byte) (memory []byte, err error) {
	line, rest, _ := bytes.Cut(data, []byte{'\n'})
	err = json.Unmarshal(line, s)
	switch {
	case err != nil || s.Version > stateVersion:
	case s.Version >= packedVersion:
		memory, err = s.readPacked(rest)
	case s.Version >= partedVersion:
		memory, err = unpack(rest)
	default:
		memory, s.Memory = s.Memory, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return memory, nil
}

func (s *state) readPacked(packed []byte) (memory []byte, err error) {
	z, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPart))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	r := bufio.NewReader(z)
	line, err := readLine(r)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(line, s); err != nil {
		return nil, err
	}
	memory, err = io.ReadAll(io.LimitReader(r, maxPart))
	if err == nil {
		_, err = r.Peek(1)
	}
	switch {
	case err == nil:
		return nil, errLarge
	case errors.Is(err, io.EOF):
		return memory, nil
	}
	return nil, err
}

var errLarge = errors.New("it is larger than any that is written")

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxPart:
			return nil, errLarge
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err == nil || !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

// unpack gives the memory of versions that had it alone compressed.
func unpack(packed []byte) ([]byte, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPart))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.DecodeAll(packed, nil)
}
