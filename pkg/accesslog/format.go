package accesslog

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Parser turns one record into one row. It keeps scratch memory and is not
// safe for concurrent use.
type Parser interface {
	// Parse sets the fields of b's open row, without closing it. The record
	// has no line end and no NUL, and is not empty. On any reason but Parsed
	// the caller drops the row.
	Parse(record []byte, b *event.Batch) Reason
}

// Header is implemented by parsers of formats in which lines of the file tell
// what the lines after them mean.
type Header interface {
	// Header reads a line that may be such a line. It may be given any line.
	Header(line []byte)
}

// Splitter finds the end of the first record in data: the number of its
// bytes, line end included, or 0 when data holds no whole record.
type Splitter func(data []byte) int

// Format is a dialect of access logs.
type Format struct {
	ID      string
	About   string // for people: who writes it
	Version int    // raised when the same line gives another row
	Split   Splitter
	New     func(Options) (Parser, error)
	Pattern bool // reads Options.Pattern
	Fields  bool // reads Options.Mapping
	Guessed bool // Auto may choose it
	// Lines: a record may have several lines, and ends where the next one
	// begins. The last of a file ends when nothing has followed it for a while.
	Lines bool
}

// Options of a Reader and its parser. The zero value reads any known format
// and trusts no hop.
type Options struct {
	Format  string         // id, "auto" or empty to choose by the first lines
	Pattern string         // of formats with a pattern: the directive as the gateway has it
	Mapping Mapping        // of JSON formats: laid over the gateway's own; of format json: nil = DefaultMapping
	Zone    *time.Location // of times that name none; nil = UTC, and the time is flagged

	Trusted func(netip.Addr) bool // proxies that are believed about the client; nil = none
	// ClientHeader names the header in which trusted hops name the client
	// instead of in X-Forwarded-For, such as CF-Connecting-IP.
	ClientHeader string
	// ForwardedAppended: the gateway logs no address but X-Forwarded-For, to
	// which it has itself appended its peer's. Without it, a log with nothing
	// but that header has no client: whoever calls could have made it up.
	ForwardedAppended bool

	MaxLine int // bytes of a record, more is cut; 0 = DefaultMaxLine
	MaxRows int // rows and rejected records in a batch; 0 = DefaultMaxRows
}

// Defaults of Options.
const (
	DefaultMaxLine = 64 << 10
	DefaultMaxRows = 8192
)

// Auto is the name of the choice by the first lines, see Detect.
const Auto = "auto"

// Formats lists the known formats, in the order in which Auto prefers them
// among those that fit equally well.
func Formats() []Format {
	return []Format{
		{ID: "json", About: "any JSON object a line, by a mapping of fields; our documented log_format without one", Version: 1, Split: line, New: newJSON, Fields: true, Guessed: true},
		{ID: "nginx", About: "nginx with a log_format of your own", Version: 1, Split: line, New: newNginx, Pattern: true},
		{ID: "combined", About: "common and combined log format of nginx and Apache, with the usual extensions", Version: 2, Split: line, New: newCombined, Guessed: true},
	}
}

// Lookup finds a format by its id; "clf" is combined without its last two
// fields and read by the same parser.
func Lookup(id string) (Format, error) {
	if id == "clf" {
		id = "combined"
	}
	known := []string{Auto, "clf"}
	for _, f := range Formats() {
		if f.ID == id {
			return f, nil
		}
		known = append(known, f.ID)
	}
	return Format{}, fmt.Errorf("log format %q: want one of %s", id, strings.Join(known, ", "))
}

// check refuses options that the format has no use for, and tells of those
// that it lacks.
func (f Format) check(o Options) error {
	switch {
	case o.Pattern != "" && !f.Pattern:
		return fmt.Errorf("log format %s: it has no pattern; want format nginx, apache or envoy", f.ID)
	case o.Mapping != nil && !f.Fields:
		return fmt.Errorf("log format %s: its fields cannot be mapped; want format json or a gateway's JSON format", f.ID)
	}
	return nil
}

// line is the Splitter of formats with one record a line.
func line(data []byte) int { return bytes.IndexByte(data, '\n') + 1 }
