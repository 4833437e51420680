package match

import (
	"github.com/honeymoat/honeymoat/pkg/event"
)

// column is a place that values come from: a column of the batch, what all
// rows have in common, or what is made of several columns.
type column uint8

// The columns of the batch come first, each kind in its own order.
const (
	firstText   = column(0)
	firstNumber = column(event.DecisionAction) + 1
	firstAddr   = firstNumber + column(event.Quality) + 1
	firstOther  = firstAddr + column(event.ClientAddress) + 1
)

// The other columns.
const (
	targetColumn          = firstOther + iota // path?query
	urlColumn                                 // host, path?query
	extensionColumn                           // of the path's last segment, without the dot
	requestColumn                             // METHOD target PROTOCOL
	dateColumn                                // 2006-01-02
	takenColumn                               // the duration in milliseconds
	sourceColumn                              // of the header, as the next ones
	gatewayColumn                             //
	kindColumn                                //
	directionColumn                           //
	formatColumn                              //
	attackColumn                              // kinds of attack anywhere in the request
	attackPathColumn                          // in the path, and so on
	attackQueryColumn                         //
	attackAgentColumn                         //
	attackRefererColumn                       //
	attackForwardedColumn                     //
	attackHostColumn                          //
	columnCount
)

func textColumn(f event.TextField) column     { return firstText + column(f) }
func numberColumn(f event.NumberField) column { return firstNumber + column(f) }
func addrColumn(f event.AddrField) column     { return firstAddr + column(f) }

// shape is what kind of values a column has.
type shape uint8

const (
	textShape   shape = iota // one text
	listShape                // texts between commas
	numberShape              // an integer
	timeShape                // a time
	flagsShape               // names of quality flags
	addrShape                // an address
	headerShape              // a text that all rows of a batch share
	attackShape              // names of kinds of attack
)

// shape tells what a column's values are.
func (c column) shape() shape {
	switch {
	case c == textColumn(event.Tags), c == textColumn(event.Sensitive):
		return listShape
	case c < firstNumber:
		return textShape
	case c == numberColumn(event.Time), c == dateColumn:
		return timeShape
	case c == takenColumn:
		return numberShape
	case c == numberColumn(event.Quality):
		return flagsShape
	case c < firstAddr:
		return numberShape
	case c < firstOther:
		return addrShape
	case c >= attackColumn:
		return attackShape
	case c >= sourceColumn:
		return headerShape
	}
	return textShape
}

func (c column) text() event.TextField     { return event.TextField(c - firstText) }
func (c column) number() event.NumberField { return event.NumberField(c - firstNumber) }
func (c column) addr() event.AddrField     { return event.AddrField(c - firstAddr) }

// hostile tells whether the client writes what stands in the column, so that
// it is seen in its decoded forms too.
func (c column) hostile() bool {
	switch c {
	case textColumn(event.Path), textColumn(event.Query), textColumn(event.UserAgent), textColumn(event.Referer),
		textColumn(event.ForwardedFor), textColumn(event.Host), textColumn(event.User),
		targetColumn, urlColumn, extensionColumn, requestColumn:
		return true
	}
	return false
}

// header is a text that all rows of a batch share.
func (c column) header(b *event.Batch) string {
	switch c {
	case sourceColumn:
		return b.Source
	case gatewayColumn:
		return b.Gateway
	case kindColumn:
		return b.Kind.String()
	case directionColumn:
		return b.Direction.String()
	}
	return b.Format
}

// String names the column for people.
func (c column) String() string {
	switch {
	case c < firstNumber:
		return c.text().String()
	case c < firstAddr:
		return c.number().String()
	case c < firstOther:
		return c.addr().String()
	}
	return otherNames[c-firstOther]
}

var otherNames = [columnCount - firstOther]string{
	"target", "url", "extension", "request line", "date", "milliseconds", "source", "gateway", "kind", "direction", "format",
	"attack", "attack.path", "attack.query", "attack.user_agent", "attack.referer",
	"attack.forwarded_for", "attack.host",
}
