package block

import "time"

// Place is how far a reader of a Source has come.
type Place uint64

// Change is a delta to a segment, or to what an agent refuses or allows by itself: then
// the segment is empty. What is left of the block is as of the moment at which
// the Source gives it.
type Change struct {
	Segment string
	Delta   Delta
}

// Held is a live block as a Source has it.
type Held struct {
	Segment string
	Target  Target
	Entry   *Entry // may not be changed
	Left    time.Duration
}
