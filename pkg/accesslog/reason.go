package accesslog

// Reason tells why a record could not be parsed. The set is closed, so that
// it can be a label of a metric.
type Reason string

// The reasons. Parsed is the absence of one.
const (
	Parsed          Reason = ""
	Skipped         Reason = "no request in it" // a comment, a header, something else that is logged beside requests: counted, never quarantined
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
	NoMatch         Reason = "not as the pattern has it"
	NoMetrics       Reason = "not an event of the metrics"
	NoAPILog        Reason = "not a line of the API log"
	NoRecordStart   Reason = "no record begins with it"
	NoFields        Reason = "no #Fields line yet"
	NotJSONObject   Reason = "not a JSON object"
	BrokenJSON      Reason = "broken JSON"
	OtherJSON       Reason = "JSON of another format"
	NothingInJSON   Reason = "JSON without a mapped request"
	NoPathInJSON    Reason = "JSON without a mapped path"
	TrailingAtJSON  Reason = "text after the JSON object"
	NestedTooDeeply Reason = "JSON nested too deeply"
)
