package mirror

import (
	"maps"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Way hears how far one gateway has come with the blocks, for whoever wants to
// know what is enforced rather than what is decided. Its calls come from one
// goroutine at a time and must not wait.
type Way interface {
	// Holds tells that the gateway takes changes, and the revision of each
	// segment that it holds, as far as it can hold it. The map may not be
	// changed.
	Holds(revisions map[string]uint64)
	// Fails tells that the gateway does not take changes, and why.
	Fails(err error)
	// Leaves tells how much is in force that the gateway cannot hold.
	Leaves(blocks, exemptions int)
}

// Left is what is in force and cannot be held by a gateway.
type Left struct {
	Blocks     int
	Exemptions int // whom they name may be refused by what is held
}

// Done tells that the gateway holds all that batches have given so far.
func (m *Mirror) Done() {
	m.owed = false
	if len(m.told) == 0 && !m.reset {
		m.tell()
	}
}

// Failed tells that the gateway did not take what it was given.
func (m *Mirror) Failed(err error) {
	m.owed = true
	m.o.Way.Fails(err)
}

// tell passes on what the gateway holds.
func (m *Mirror) tell() {
	m.said = maps.Clone(m.seen)
	m.o.Way.Holds(m.said)
}

// Left looks through all that is in force for what the gateway cannot hold,
// and tells it, together with what else the gateway cannot hold: for want of
// room, say.
func (m *Mirror) Left(l Left) Left {
	for held := range m.o.Source.Held() {
		switch {
		case held.Entry.Mode != block.Enforce || m.o.Want(held.Target, held.Entry.Action):
		case held.Target.Exemption():
			l.Exemptions++
		default:
			l.Blocks++
		}
	}
	m.o.Way.Leaves(l.Blocks, l.Exemptions)
	return l
}

// deaf is the Way of a gateway about which nobody wants to know.
type deaf struct{}

func (deaf) Holds(map[string]uint64) {}
func (deaf) Fails(error)             {}
func (deaf) Leaves(int, int)         {}
