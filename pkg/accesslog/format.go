package accesslog

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

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

// Splitter finds the end of the first record in data: the number of its
// bytes, line end included, or 0 when data holds no whole record.
type Splitter func(data []byte) int

// Format is a dialect of access logs.
type Format struct {
	ID      string
	Version int // raised when the same line gives another row
	Split   Splitter
	New     func(Options) (Parser, error)
}

// Options of a Reader and its parser. The zero value reads any known format
// and trusts no hop.
type Options struct {
	Format  string                // id, "auto" or empty for the first format that fits
	Mapping Mapping               // of format json; nil = DefaultMapping
	Trusted func(netip.Addr) bool // proxies whose forwarded-for is believed; nil = none
	MaxLine int                   // bytes of a record, more is cut; 0 = DefaultMaxLine
	MaxRows int                   // rows and rejected records in a batch; 0 = DefaultMaxRows
}

// Defaults of Options.
const (
	DefaultMaxLine = 64 << 10
	DefaultMaxRows = 8192
)

// Auto is the name of the choice by the first record that a format reads.
const Auto = "auto"

// Formats lists the known formats, in the order in which Auto tries them.
func Formats() []Format {
	return []Format{
		{ID: "json", Version: 1, Split: line, New: newJSON},
		{ID: "combined", Version: 1, Split: line, New: newCombined},
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

// line is the Splitter of formats with one record a line.
func line(data []byte) int { return bytes.IndexByte(data, '\n') + 1 }
