package series

import (
	"bytes"
	"strings"
)

// lane is a method and route of an API in a source: the finest place, of which
// all others are sums.
type lane struct {
	source, gateway string
	route           *Key
	method          uint8
	other           bool // no route, or a part of one only: nothing can be learnt about it
	// The segments of its paths that name an object, counted from 0; from is
	// past to when there are none.
	from, to   int
	signatures [oddities]dictionary
	facts      *facts
	factsKey   uint64
	kinds      *kinds
	// The keys of the places that it is part of; 0 = of none.
	places [Dimensions]uint64
}

// What may be odd of a request.
const (
	oddHeader = iota
	oddQuery
	oddFormat
	oddities
)

// objectSegments are the segments of a path that a route's placeholders stand
// for, from the first to the last. A gateway may tell the route without what
// comes before it in the path.
func objectSegments(route, path string) (from, to int) {
	from, to = 1, 0
	segments := strings.Split(strings.Trim(route, "/"), "/")
	for i, s := range segments {
		if !placeholder(s) {
			continue
		}
		if from > to {
			from = i
		}
		to = i
	}
	prefix := strings.Count(strings.Trim(path, "/"), "/") + 1 - len(segments)
	if from <= to && prefix > 0 && !partial(segments) && !begins(segments, path) {
		from, to = from+prefix, to+prefix
	}
	return from, to
}

// placeholder tells whether a segment stands for values.
func placeholder(segment string) bool {
	open := strings.IndexByte(segment, '{')
	return open >= 0 && strings.IndexByte(segment[open:], '}') > 0 && segment != unknownRest && segment != OtherRoute
}

// partial tells whether a route is known in part only: its end stands for all
// that follows.
func partial(segments []string) bool {
	last := segments[len(segments)-1]
	return last == unknownRest || last == OtherRoute
}

const unknownRest = "{unknown}"

// begins tells whether a path begins with the words that a route begins with.
func begins(segments []string, path string) bool {
	for i, s := range segments {
		if strings.ContainsRune(s, '{') {
			return i > 0
		}
		var got string
		if got, path, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/"); got != s {
			return false
		}
	}
	return true
}

// object is the part of a path that names an object; nil when it is too short.
func (l *lane) object(path []byte) []byte {
	if l.from > l.to {
		return nil
	}
	path = bytes.TrimPrefix(path, []byte{'/'})
	for range l.from {
		slash := bytes.IndexByte(path, '/')
		if slash < 0 {
			return nil
		}
		path = path[slash+1:]
	}
	end := 0
	for range l.to - l.from + 1 {
		slash := bytes.IndexByte(path[end:], '/')
		if slash < 0 {
			return path
		}
		end += slash + 1
	}
	return path[:end-1]
}
