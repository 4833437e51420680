package store

import "github.com/honeymoat/honeymoat/pkg/event"

// The columns of queries/scan.sql, in its order: origins, texts, the numbers
// of a batch's header, numbers, and what is read in a way of its own.

// originColumns are the same for all rows of a batch. The table has a
// dictionary for each.
func originColumns() [origins]string {
	return [origins]string{
		originAgent: "agent", originSource: "source", originGateway: "gateway", originKind: "kind",
		originDirection: "direction", originFormat: "format", originFile: "file", originPath: "file_path",
	}
}

const (
	originAgent = iota
	originSource
	originGateway
	originKind
	originDirection
	originFormat
	originFile
	originPath
	origins // count
)

// scanTexts are the text columns.
func scanTexts() []event.TextField {
	return []event.TextField{
		event.Method, event.Host, event.Path, event.Query, event.Protocol, event.Route, event.RouteOrigin, event.UserAgent,
		event.Referer, event.ForwardedFor, event.PrincipalKind, event.Principal, event.Application, event.User, event.Session,
		event.TLSFingerprint, event.TLSVersion, event.RequestID, event.API, event.Tags, event.Tenant, event.ContentType,
		event.HeaderSignature, event.QuerySignature, event.Country, event.Network, event.Sensitive, event.DecisionID, event.DecisionAction,
	}
}

// scanNumbers are the number columns.
func scanNumbers() []event.NumberField {
	return []event.NumberField{
		event.Time, event.Offset, event.Line, event.Length, event.Status, event.RequestBytes, event.ResponseBytes,
		event.Duration, event.UpstreamDuration,
	}
}

// scanLayout is where in a block a kind of columns begins.
type scanLayout struct {
	columns                             []nativeColumn
	texts, received, version, numbers   int
	quality, peerAddress, clientAddress int
}

func newScanLayout() scanLayout {
	l := scanLayout{texts: origins}
	for _, name := range originColumns() {
		l.add(name, false)
	}
	for _, f := range scanTexts() {
		l.add(f.String(), false)
	}
	l.received = l.add("received", true)
	l.version = l.add("format_version", true)
	l.numbers = len(l.columns)
	for _, f := range scanNumbers() {
		l.add(f.String(), true)
	}
	l.quality = l.add(event.Quality.String(), false)
	l.peerAddress = l.add(event.PeerAddress.String(), false)
	l.clientAddress = l.add(event.ClientAddress.String(), false)
	return l
}

// add names a column, and tells its place.
func (l *scanLayout) add(name string, number bool) int {
	l.columns = append(l.columns, nativeColumn{name, number})
	return len(l.columns) - 1
}
