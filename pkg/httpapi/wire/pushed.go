package wire

// Pushed answers who pushes lines of a log.
type Pushed struct {
	Received int `json:"received"` // records, all of them on the bus
	Rejected int `json:"rejected"` // those of them that could not be parsed
}
