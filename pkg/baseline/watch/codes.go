package watch

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func (t *tally) code(c *coder) {
	c.smalls(t.Counts[:])
	c.float(&t.Looks)
	c.float(&t.Days)
	whole(c, &t.today)
}

func (p *purse) code(c *coder) {
	c.float(&p.Tokens)
	c.int(&p.At)
}

func (s *Stats) code(c *coder) {
	for _, v := range []*uint64{&s.Minutes, &s.Incidents, &s.Told, &s.Withheld, &s.Dropped, &s.Unwatched} {
		whole(c, v)
	}
}

func codePart(c *coder, p *finding.Part) {
	text(c, &p.Kind)
	text(c, &p.Value)
	c.float(&p.Share)
}

func codeActor(c *coder, a *finding.Actor) {
	text(c, &a.Kind)
	text(c, &a.Value)
}

func codeSighting(c *coder, s *finding.Sighting) {
	text(c, &s.Via)
	for _, v := range []*string{
		&s.Record, &s.Source, &s.Gateway, &s.File, &s.RequestID, &s.Method, &s.Host, &s.Path, &s.UserAgent,
	} {
		text(c, v)
	}
	c.int(&s.Line)
	c.int(&s.Status)
}

func codeTime(c *coder, t *time.Time) {
	there := !t.IsZero()
	c.flag(&there)
	at := t.UnixNano()
	if !there {
		at = 0
	}
	c.int(&at)
	if !c.writing() && there {
		*t = time.Unix(0, at).UTC()
	}
}

func codeStatistic(c *coder, s *finding.Statistic) {
	text(c, &s.Shape)
	text(c, &s.Series)
	text(c, &s.Unit)
	for _, v := range []*float64{&s.Expected, &s.Lower, &s.Upper, &s.Seen, &s.Probability} {
		c.float(v)
	}
	codeTime(c, &s.Since)
	codeTime(c, &s.Until)
	each(c, &s.Parts, func(p *finding.Part) { codePart(c, p) })
}

func (a *Anomaly) code(c *coder) {
	text(c, &a.ID)
	codeKeyOf(c, &a.Key)
	whole(c, &a.Measure)
	text(c, &a.Family)
	codeStatistic(c, &a.Statistic)
	each(c, &a.Also, func(m *series.Measure) { whole(c, m) })
	each(c, &a.Actors, func(x *finding.Actor) { codeActor(c, x) })
	c.float(&a.Score)
	whole(c, &a.Severity)
	c.int(&a.Time)
	c.flag(&a.First)
	c.flag(&a.Over)
	c.flag(&a.Early)
	codeSighting(c, &a.Sighting)
	c.float(&a.Weight)
	c.int(&a.Step)
}
