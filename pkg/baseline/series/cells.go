package series

import "github.com/honeymoat/honeymoat/pkg/event"

// told is what records told of.
type told uint16

const (
	toldStatus told = 1 << iota
	toldRequestBytes
	toldResponseBytes
	toldPath
	toldObjects
	toldPrincipal
	toldAddress
)

// place is a minute of a lane, and of the places that lanes are summed to.
type place struct {
	lane          int32
	told          told
	requests      uint32 // not refused by us
	refused       uint32
	classes       [6]uint32 // answers by the first digit of their status; none at 0
	requestSized  uint32
	responseSized uint32
	requestBytes  uint64
	responseBytes uint64
	paths         distinct
	objects       distinct
	principals    distinct
	addresses     distinct
	latency       histogram
	judged, odd   [oddities]uint32
	carriers      [carrierKinds]carriers
	largest       [largestKinds]largest
}

// The carriers that are counted; those by status are made of the classes.
const (
	carryAddress = iota
	carryPrincipal
	carryNetwork
	carryAgent
	carryRoute // of sums only; keys are numbers of routes
	carrierKinds
)

// laneCarriers are those that lanes have.
const laneCarriers = carryRoute

const (
	largestResponse = iota
	largestRequest
	largestKinds
)

func (p *place) answers() uint32 {
	return p.classes[1] + p.classes[2] + p.classes[3] + p.classes[4] + p.classes[5]
}

// person is a minute of somebody, or of a network or application.
type person struct {
	series        int32
	dimension     Dimension
	told          told
	requests      uint32 // not refused by us
	refused       uint32
	answers       uint32
	clientErrors  uint32
	serverErrors  uint32
	responseSized uint32
	responseBytes uint64
	paths         distinct
	objects       distinct
	principals    distinct
	addresses     distinct
}

// largest is the largest record of a place.
type largest struct {
	bytes  int64
	single uint32 // in singles; 0 = none
}

// sight is a record that stands out, but for its text.
type sight struct {
	bytes     int64
	time      int64
	offset    int64
	line      int64
	client    uint64 // clientKey
	principal uint64 // key of its name
	lane      int32
	file      uint32 // in names: identity and path
	status    int16
}

// single is one with its text, whose memory is used again.
type single struct {
	sight
	text    []byte
	lengths [singleTexts]uint16
}

var singleFields = [...]struct {
	field event.TextField
	most  int
}{{event.Path, 512}, {event.Host, 128}, {event.UserAgent, 256}, {event.RequestID, 64}}

const singleTexts = len(singleFields)

const (
	placeBytes  = 256
	personBytes = 80
	singleBytes = 96
)
