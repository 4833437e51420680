package accesslog

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Guess is how well a format reads the first records of a log.
type Guess struct {
	Format  string
	Parsed  int // records that it read
	Sampled int // records that it was given, without those that hold no request
	// Known is the share, over the parsed records, of time, client address,
	// method, path and status that they have.
	Known float64
	// Confidence is between 0 and 1: the share of records that were parsed,
	// times Known, times n/(n+1) for n records that were understood, those
	// without a request included, so that one line alone makes nobody sure.
	Confidence float64
}

// sampleRecords is how many records a format is judged by.
const sampleRecords = 100

// Detect judges all formats that Auto may choose by the whole records at the
// beginning of a log, the best first. A format that reads none is left out.
func Detect(sample []byte, o Options) []Guess {
	candidates, err := guessable(o)
	if err != nil {
		return nil
	}
	return judge(candidates, sample)
}

// candidate is a format that Auto may choose.
type candidate struct {
	format Format
	parser Parser
}

// guessable makes parsers of all formats that Auto may choose.
func guessable(o Options) ([]candidate, error) {
	o.Pattern, o.Mapping = "", nil
	var all []candidate
	for _, f := range Formats() {
		if !f.Guessed {
			continue
		}
		parser, err := f.New(o)
		if err != nil && o.ClientHeader != "" {
			// Without a mapping nobody knows where the format has the header.
			bare := o
			bare.ClientHeader = ""
			parser, err = f.New(bare)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, candidate{f, parser})
	}
	return all, nil
}

// judge gives the guesses of the candidates that read anything, best first.
func judge(candidates []candidate, sample []byte) []Guess {
	var guesses []Guess
	for _, c := range candidates {
		if g := c.judge(sample); g.Parsed > 0 {
			guesses = append(guesses, g)
		}
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return guesses
}

func (c candidate) judge(sample []byte) Guess {
	g := Guess{Format: c.format.ID}
	var b event.Batch
	haves, skipped := 0, 0
	for g.Sampled < sampleRecords {
		n := c.format.Split(sample)
		if n == 0 {
			if len(sample) == 0 || !c.format.Lines {
				break
			}
			n = len(sample)
		}
		record := trimRecord(sample[:n])
		sample = sample[n:]
		if len(record) == 0 || bytes.IndexByte(record, 0) >= 0 {
			continue
		}
		switch c.parser.Parse(record, &b) {
		case Parsed:
			g.Sampled++
			g.Parsed++
			haves += known(&b)
		case Skipped:
			skipped++
		default:
			g.Sampled++
		}
		b.DropRow()
	}
	if g.Parsed > 0 {
		n := float64(g.Parsed + skipped)
		g.Known = float64(haves) / float64(knowns*g.Parsed)
		g.Confidence = float64(g.Parsed) / float64(g.Sampled) * g.Known * n / (n + 1)
	}
	return g
}

// knowns is how many fields known counts.
const knowns = 5

// known counts those fields of the open row that every detector needs.
func known(b *event.Batch) int {
	row, n := b.Rows(), 0
	for _, have := range [knowns]bool{
		b.Number(event.Time, row) != event.Unknown,
		b.Addr(event.ClientAddress, row).IsValid(),
		len(b.Text(event.Method, row)) > 0,
		len(b.Text(event.Path, row)) > 0,
		b.Number(event.Status, row) != event.Unknown,
	} {
		if have {
			n++
		}
	}
	return n
}
