package detect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The large parts of the state, in their order.
const (
	windowsSection   = iota // what correlations remember
	countsSection           // what was counted of the traffic
	watchSection            // what is normal
	behaviourSection        // how actors go about it
	sections
)

// snapshotter is a part that writes its own state.
type snapshotter interface{ WriteSnapshot(w io.Writer) error }

// freezer is a part whose state can be taken at once and written later.
type freezer interface {
	Freeze() (write func(io.Writer) error, err error)
}

// freeze takes a part's state. Of who cannot do it otherwise it is written to
// memory.
func freeze(part snapshotter) (write func(io.Writer) error, err error) {
	if f, ok := part.(freezer); ok {
		return f.Freeze()
	}
	var data bytes.Buffer
	if err := part.WriteSnapshot(&data); err != nil {
		return nil, err
	}
	return func(w io.Writer) error {
		_, err := w.Write(data.Bytes())
		return err
	}, nil
}

// writeState writes the line of a state, then its parts.
func writeState(w io.Writer, line []byte, parts [sections]func(io.Writer) error) error {
	if _, err := w.Write(line); err != nil {
		giveUp(parts[:])
		return err
	}
	return writeSections(w, parts)
}

// writeSections writes the parts one after the other, and at the end how many
// bytes of it each is. A nil part is empty. Parts after one that fails are given
// up.
func writeSections(w io.Writer, parts [sections]func(io.Writer) error) error {
	var lengths []byte
	for i, write := range parts {
		c := &counter{to: w}
		if write != nil {
			if err := write(c); err != nil {
				giveUp(parts[i+1:])
				return err
			}
		}
		lengths = binary.LittleEndian.AppendUint64(lengths, c.bytes)
	}
	_, err := w.Write(lengths)
	return err
}

// giveUp ends what was frozen and will not be written: a part that waits to be
// written keeps two of what changes meanwhile.
func giveUp(parts []func(io.Writer) error) {
	for _, write := range parts {
		if write != nil {
			_ = write(nowhere{}) // that it fails is the point
		}
	}
}

// nowhere takes nothing.
type nowhere struct{}

func (nowhere) Write([]byte) (int, error) { return 0, errGivenUp }

var errGivenUp = errors.New("the state is not to be written")

// counter counts what goes through it.
type counter struct {
	to    io.Writer
	bytes uint64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += uint64(n)
	return n, err
}

// cutSections takes apart what writeSections wrote. Version 3 knew the first
// two parts, and only the length of the first; those before had nothing else.
func cutSections(version int, data []byte) (parts [sections][]byte, err error) {
	known := sections
	switch {
	case version < 3:
		parts[windowsSection] = data
		return parts, nil
	case version == 3:
		known = 1
	}
	rest := len(data) - 8*known
	if rest < 0 {
		return parts, errShort
	}
	lengths, data := data[rest:], data[:rest]
	for i := range known {
		n := binary.LittleEndian.Uint64(lengths[8*i:])
		if n > uint64(len(data)) {
			return parts, errShort
		}
		parts[i], data = data[:n], data[n:]
	}
	if version == 3 {
		parts[countsSection] = data
	}
	return parts, nil
}

var errShort = errors.New("it ends early")
