package lists

import (
	"fmt"
	"slices"
	"strings"
)

// Format is how a list is written: the ending of its name.
type Format string

// The formats.
const (
	Plain   Format = "txt"     // an address or a prefix a line
	Nginx   Format = "nginx"   // deny ADDRESS; as nginx's access module includes it
	HAProxy Format = "haproxy" // ADDRESS ID, as a map of HAProxy
	CSV     Format = "csv"     // all blocks, a line each
	JSON    Format = "json"    // all blocks, as the API has them
	STIX    Format = "stix"    // a bundle of STIX 2.1 indicators
)

var contentTypes = map[Format]string{
	Plain: "text/plain; charset=utf-8", Nginx: "text/plain; charset=utf-8", HAProxy: "text/plain; charset=utf-8",
	CSV: "text/csv; charset=utf-8; header=present", JSON: "application/json", STIX: "application/stix+json;version=2.1",
}

// Formats lists all formats.
func Formats() []Format { return []Format{Plain, Nginx, HAProxy, CSV, JSON, STIX} }

// ParseName reads the name of a list, "SEGMENT.FORMAT".
func ParseName(name string) (segment string, f Format, err error) {
	at := strings.LastIndexByte(name, '.')
	if at < 0 || !slices.Contains(Formats(), Format(name[at+1:])) {
		return "", "", fmt.Errorf("list %q: want SEGMENT.FORMAT with one of the formats %v", name, Formats())
	}
	return name[:at], Format(name[at+1:]), nil
}
