package detect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/sigma/correlate"
)

// stateVersion is the version of the snapshot's encoding. Version 1, which knew
// no correlations, version 2, which counted no traffic, and version 3, which
// knew nothing of what is normal, are read too.
const stateVersion = 4

// ErrState is wrapped by errors of Restore.
var ErrState = errors.New("state of the detector cannot be read")

// state is a line of JSON. Because they may be large, what correlations
// remember, what was counted of the traffic, what is normal and how actors
// behave follow as they are; see writeSections.
type state struct {
	Version  int                    `json:"version"`
	Served   map[string]time.Time   `json:"served"`
	Refusals map[block.ID]time.Time `json:"refusals"`
	Clock    *correlate.Clock       `json:"clock"` // of correlations
}

// WriteSnapshot writes what the detector remembers. Together with the position
// in the stream of the last batch it restores the detector exactly.
func (d *Detector) WriteSnapshot(w io.Writer) error {
	write, err := d.Freeze()
	if err != nil {
		return err
	}
	return write(w)
}

// Freeze takes what the detector remembers now. What it gives writes it as
// WriteSnapshot does, once, and may do so while the detector goes on: detection
// waits until Freeze returns, and no longer. It has to be called: to a writer
// that fails, if the state is not wanted any more.
func (d *Detector) Freeze() (write func(io.Writer) error, err error) {
	d.ruling.Lock()
	defer d.ruling.Unlock()
	line, err := d.line()
	if err != nil {
		return nil, fmt.Errorf("snapshot detector: %w", err)
	}
	parts, err := d.freezeLarge()
	if err != nil {
		return nil, fmt.Errorf("snapshot detector: %w", err)
	}
	return func(w io.Writer) error {
		if err := writeState(w, append(line, '\n'), parts); err != nil {
			return fmt.Errorf("snapshot detector: %w", err)
		}
		return nil
	}, nil
}

func (d *Detector) freezeLarge() (parts [sections]func(io.Writer) error, err error) {
	if parts[windowsSection], err = freeze(d.ruler.windows); err != nil {
		return parts, err
	}
	for i, part := range d.learnt() {
		if part != nil {
			if parts[i], err = freeze(part); err != nil {
				giveUp(parts[:i])
				return parts, err
			}
		}
	}
	return parts, nil
}

// restorer is a part that begins anew where it cannot be restored.
type restorer interface {
	snapshotter
	// Restore takes what WriteSnapshot wrote; nothing begins anew.
	Restore(data []byte) error
}

// learnt are the parts besides the correlations, by their section.
func (d *Detector) learnt() (parts [sections]restorer) {
	o := &d.options
	if o.Traffic != nil {
		parts[countsSection] = o.Traffic
	}
	if o.Watch != nil {
		parts[watchSection] = o.Watch
	}
	if o.Behaviour != nil {
		parts[behaviourSection] = o.Behaviour
	}
	return parts
}

// line is the state but for the windows. The caller holds ruling.
func (d *Detector) line() ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return json.Marshal(state{Version: stateVersion, Served: d.served.seen, Refusals: d.refusals.seen, Clock: d.ruler.clock})
}

// Restore takes what WriteSnapshot wrote, in place of what is remembered. The
// error wraps ErrState, and leaves the detector as it was. No data is no memory.
// What correlations remembered, what was counted, what is normal and how actors
// behave is not worth a service that does not start: what cannot be read begins
// anew, and Forgot tells.
func (d *Detector) Restore(data []byte) error {
	s := state{Version: stateVersion}
	line, large, _ := bytes.Cut(data, []byte{'\n'})
	if len(data) > 0 {
		s.Version = 0
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("restore detector: %w: %w", ErrState, err)
		}
	}
	if s.Version < 1 || s.Version > stateVersion {
		return fmt.Errorf("restore detector: %w: version %d, this program reads %d", ErrState, s.Version, stateVersion)
	}
	forgot := d.restoreLarge(&s, large)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgot = forgot
	d.served = newMemory[string](d.options.MaxServed, d.options.ServedFor)
	d.refusals = newMemory[block.ID](maxRefusals, refusalFor)
	for k, at := range s.Served {
		d.served.put(k, at)
	}
	for id, at := range s.Refusals {
		d.refusals.put(id, at)
	}
	return nil
}

// Forgot tells what began anew at the last Restore, and why; nil if nothing did.
func (d *Detector) Forgot() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.forgot
}

func (d *Detector) restoreLarge(s *state, data []byte) error {
	var found [sections][]byte
	var err error
	if len(data) > 0 {
		found, err = cutSections(s.Version, data)
	}
	err = errors.Join(err, d.restoreWindows(found[windowsSection], s.Clock))
	d.ruling.Lock()
	defer d.ruling.Unlock()
	for i, part := range d.learnt() {
		if part == nil {
			continue
		}
		if failed := part.Restore(found[i]); failed != nil {
			err = errors.Join(err, failed, part.Restore(nil))
		}
	}
	return err
}

// restoreWindows begins with what correlations remembered, or with nothing: the
// error tells why, if there was something.
func (d *Detector) restoreWindows(data []byte, clock *correlate.Clock) (err error) {
	d.ruling.Lock()
	defer d.ruling.Unlock()
	next := newRuler(d.ruler.book)
	if len(data) > 0 {
		if err = next.windows.Restore(data); err != nil {
			next = newRuler(d.ruler.book)
		}
	}
	if clock != nil {
		next.clock.Adopt(clock)
	}
	d.ruler = next
	return err
}

// place is where the application serves a path: a host at a gateway, or the
// source when the log tells no host. The gateway belongs to it because a
// client chooses the host it names: one gateway that answers everything must
// not take a decoy out of force at all others.
func place(gateway, source, host string) string {
	if host == "" {
		return "source:" + source
	}
	return decoy.NormalHost(host) + "@" + gateway
}

func servedKey(c *decoy.Decoy, where string) string { return c.ID + " " + where }

// serves remembers that the application serves a decoy's path.
func (d *Detector) serves(c *decoy.Decoy, where string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.served.put(servedKey(c, where), at)
}

// doubts tells whether the application has served a decoy's path.
func (d *Detector) doubts(c *decoy.Decoy, where string, at time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.served.hasAt(servedKey(c, where), at)
}
