package accesslog

// Reason tells why a record could not be parsed. The set is closed, so that
// it can be a label of a metric.
type Reason string

// The reasons. Parsed is the absence of one.
const (
	Parsed          Reason = ""
	UnknownFormat   Reason = "no known format"
	NULBytes        Reason = "NUL bytes"
	TooLong         Reason = "longer than the limit"
	TooLargeForBus  Reason = "too large for the bus"
	NoTime          Reason = "no time in brackets"
	BadTime         Reason = "unreadable time"
	NoRequest       Reason = "no quoted request"
	NoAddress       Reason = "nothing before the time"
	NoClosingQuote  Reason = "no closing quote"
	BadStatus       Reason = "status is not a number"
	BadSize         Reason = "size is not a number"
	NotJSONObject   Reason = "not a JSON object"
	BrokenJSON      Reason = "broken JSON"
	NothingInJSON   Reason = "JSON without a mapped request"
	TrailingAtJSON  Reason = "text after the JSON object"
	NestedTooDeeply Reason = "JSON nested too deeply"
)
