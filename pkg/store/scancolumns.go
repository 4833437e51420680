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
	names                                    []string
	texts, received, version, numbers        int
	quality, peerAddress, clientAddress, end int
}

func newScanLayout() scanLayout {
	origin := originColumns()
	l := scanLayout{names: origin[:], texts: origins}
	for _, f := range scanTexts() {
		l.names = append(l.names, f.String())
	}
	l.received = len(l.names)
	l.version = l.received + 1
	l.numbers = l.version + 1
	l.names = append(l.names, "received", "format_version")
	for _, f := range scanNumbers() {
		l.names = append(l.names, f.String())
	}
	l.quality = len(l.names)
	l.peerAddress, l.clientAddress, l.end = l.quality+1, l.quality+2, l.quality+3
	l.names = append(l.names, event.Quality.String(), event.PeerAddress.String(), event.ClientAddress.String())
	return l
}

func (l *scanLayout) block() *nativeBlock {
	return &nativeBlock{columns: l.names, texts: make([]cells, l.end), numbers: make([][]int64, l.end)}
}
