package series

// open is a minute that is not over.
type open struct {
	number   int64 // minutes since 1970
	places   []place
	placeAt  index // by lane
	people   []person
	personAt index
	singles  []single
	firsts   []debut
	sketches sketches // of places
	peoples  sketches // of people
	ledger   ledger
	names    names
}

// debut is a First as it is noted.
type debut struct {
	single   uint32
	kind     uint8
	refusals uint32
	requests uint64
	since    int64
}

const (
	nsPerMinute = int64(60e9)
	maxFirsts   = 64 // in a minute
)

func newOpen() *open { return &open{names: newNames(), peoples: sketches{isCoarse: true}} }

// begin makes it that of another minute, in which there was nothing.
func (o *open) begin(number int64) {
	o.number = number
	o.places, o.people, o.singles = o.places[:0], o.people[:0], o.singles[:0]
	o.firsts = o.firsts[:0]
	o.placeAt.reset()
	o.personAt.reset()
	o.sketches.reset()
	o.peoples.reset()
	o.ledger.reset()
	o.names.reset()
}

func (o *open) start() int64 { return o.number * nsPerMinute }

// minute32 is the minute's number as slots have it.
func (o *open) minute32() int32 { return int32(o.number) }

// newSingle makes room for a record that stands out, and gives its place, from
// 1 on.
func (o *open) newSingle() uint32 {
	if len(o.singles) < cap(o.singles) {
		o.singles = o.singles[:len(o.singles)+1]
	} else {
		o.singles = append(o.singles, single{})
	}
	return uint32(len(o.singles))
}

func (o *open) bytes() int {
	n := placeBytes*cap(o.places) + personBytes*cap(o.people) + singleBytes*cap(o.singles) +
		indexedBytes*(len(o.placeAt.slots)+len(o.personAt.slots)) + o.sketches.bytes() + o.peoples.bytes() + o.ledger.bytes() + o.names.bytes()
	for _, s := range o.singles[:cap(o.singles)] {
		n += cap(s.text)
	}
	return n
}

// minuteOf is the minute of a time that is not before 1970.
func minuteOf(t int64) int64 { return t / nsPerMinute }
