package correlate

import "github.com/honeymoat/honeymoat/pkg/sigma"

// Stats are an engine's figures: what it holds now, and counts since it was made.
type Stats struct {
	Groups        int
	Bytes         int64  // about
	EvictedBySize uint64 // groups forgotten although they could still complete something
	EvictedByAge  uint64 // groups that could not
	Late          uint64 // events fed later than Lateness; events count for each correlation
	TooLate       uint64 // of a window that was judged; left out
	Lacking       uint64 // events without a value of group-by or of the condition's fields; left out
	Matches       uint64
	Correlations  []CorrelationStats
}

// CorrelationStats are the figures of one correlation.
type CorrelationStats struct {
	Correlation                     *sigma.Correlation
	Groups                          int
	Late, TooLate, Lacking, Matches uint64
}

// Stats gives the figures.
func (e *Engine) Stats() Stats {
	s := e.counts
	s.Groups, s.Bytes = e.memory.groups, e.memory.bytes
	for _, w := range e.watches {
		c := w.stats
		c.Groups = w.groups
		s.Late += c.Late
		s.TooLate += c.TooLate
		s.Lacking += c.Lacking
		s.Matches += c.Matches
		s.Correlations = append(s.Correlations, c)
	}
	return s
}
