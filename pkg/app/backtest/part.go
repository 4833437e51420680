package backtest

import (
	"sync"

	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/store"
)

// part looks at the rows of some of the clients. Parts work side by side, in
// two turns on each portion: they find, and, when all of it has been judged,
// they count what the clients that were found did besides.
type part struct {
	detector *detect.Detector
	result   detect.Result
	found    []finding.Finding
	accounts *accounts
	rows     int64
	masked   int64 // rows that hold something masked
	first    int64 // time of the first row; valid when rows > 0
}

func newPart(book *detect.Rulebook, a *accounts) *part {
	return &part{detector: detect.New(detect.Options{Rulebook: book, Finished: true}), accounts: a}
}

// portions is called by the scan with the rows of all parts.
func (t *test) portions(portions []store.Portion) error {
	t.together(func(i int, p *part) { p.find(portions[i]) })
	t.judge.take(t.parts)
	if len(t.judge.accounts.byAddress) > 0 {
		t.together(func(i int, p *part) { p.count(portions[i]) })
	}
	t.judge.accounts.trim()
	return nil
}

// together has all parts do something, and waits for them.
func (t *test) together(do func(i int, p *part)) {
	var others sync.WaitGroup
	for i, p := range t.parts[1:] {
		others.Go(func() { do(i+1, p) })
	}
	do(0, t.parts[0])
	others.Wait()
}

// finish takes what is known only when time has come to its end.
func (t *test) finish() {
	for _, p := range t.parts {
		p.detector.Finish(&p.result)
		p.found = append(p.found[:0], p.result.Findings...)
	}
	t.judge.take(t.parts)
}

// find runs the detector over the part's rows.
func (p *part) find(runs store.Portion) {
	p.found = p.found[:0]
	for _, r := range runs {
		if p.rows == 0 {
			p.first = r.Batch.Number(event.Time, r.From)
		}
		p.rows += int64(r.To - r.From)
		p.masked += maskedIn(r)
		p.detector.DetectRows(r.Batch, r.From, r.To, &p.result)
		p.found = append(p.found, p.result.Findings...)
	}
}

// maskedIn counts the rows of a run that hold something masked.
func maskedIn(r store.Run) (n int64) {
	data, ends := r.Batch.TextColumn(event.Sensitive)
	if len(data) == 0 {
		return 0
	}
	for row := r.From; row < min(r.To, len(ends)); row++ {
		if len(r.Batch.Text(event.Sensitive, row)) > 0 {
			n++
		}
	}
	return n
}

// count adds the requests of clients that were found to their accounts. An
// account is one client's, and a client is of one part.
func (p *part) count(runs store.Portion) {
	for _, r := range runs {
		clients := r.Batch.AddrColumn(event.ClientAddress)
		for row := r.From; row < min(r.To, len(clients)); row++ {
			if a := p.accounts.byAddress[counted(clients[row])]; a != nil {
				a.request(placeOf(r.Batch, row), succeeded(r.Batch, row))
			}
		}
	}
}

// succeeded tells whether a request was answered with success.
func succeeded(b *event.Batch, row int) bool {
	status := b.Number(event.Status, row)
	return status >= 100 && status < 400
}

// counted is the address under which a client's requests are counted, which is
// that of its actor: of IPv6 the /64.
func counted(a event.Addr) event.Addr {
	if a.Netip().Is6() {
		clear(a[8:])
	}
	return a
}
