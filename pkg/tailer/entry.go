package tailer

import (
	"github.com/honeymoat/honeymoat/pkg/event"
)

// entry is what is on record of a stream: the bytes of a log from its first
// on, wherever they lie by now.
type entry struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	// Where the stream lies; another stream has its place when Truncated.
	Device     uint64 `json:"device"`
	Inode      uint64 `json:"inode"`
	Truncated  bool   `json:"truncated,omitempty"`
	Generation uint64 `json:"generation"`
	// Where the stream was when it got its identity; a copy lies elsewhere.
	FirstDevice uint64 `json:"first_device"`
	FirstInode  uint64 `json:"first_inode"`
	Head        string `json:"head"`           // digest of the first line
	More        head   `json:"more,omitempty"` // of the first two, three …
	Path        string `json:"path"`
	Offset      int64  `json:"offset"` // everything before it is on the bus
	Line        int64  `json:"line"`
	Tail        string `json:"tail,omitempty"` // digest of the bytes before TailAt
	TailAt      int64  `json:"tail_at,omitempty"`
	// A compressed file: how large it was when all of it had been read.
	Packed int64 `json:"packed,omitempty"`
	// Nothing of it will be read any more: it was there before us, or it was
	// deleted when all of it had been read.
	Past bool   `json:"past,omitempty"`
	Turn uint64 `json:"turn"` // the last scan that saw it
	lost uint64 // the scan that found it truncated
}

func (e *entry) key() key    { return key{e.Device, e.Inode} }
func (e *entry) origin() key { return key{e.FirstDevice, e.FirstInode} }

// head is how the stream begins, as far as that was seen.
func (e *entry) head() head { return append(head{e.Head}, e.More...) }

// newEntry puts a stream on record that begins at a place.
func newEntry(source string, c sighting, b beginning, generation uint64, at event.Position) *entry {
	return &entry{
		Source: source, ID: event.FileID(source, c.device, c.inode, generation, b.first),
		Device: c.device, Inode: c.inode, FirstDevice: c.device, FirstInode: c.inode, Generation: generation,
		Head: b.head[0], More: b.head[1:], Path: c.path, Offset: at.Offset, Line: at.Line,
	}
}
