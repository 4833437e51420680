package watch

import "math"

// A purse holds what may still be told. Thresholds see to it that false
// incidents keep to the budget on the average; the purse bounds what is told
// when an average does not help, such as when everything breaks in its own way
// at the same time. It is the wealth of alpha investing (Foster and Stine,
// J. R. Stat. Soc. B 70, 2008) without what a discovery earns there: nobody
// tells us which one was true.
type purse struct {
	Tokens float64
	At     int64 // when it was filled up last
}

const (
	purseDays  = 3   // days that may be saved up
	purseLeast = 6.0 // incidents that may be told at once, however small the budget
	purseDebt  = 3.0 // incidents of the whole, a gateway, source or API beyond that
)

func purseSize(perDay float64) float64 { return math.Max(purseLeast, purseDays*perDay) }

// fill adds what the time since the last look is worth.
func (p *purse) fill(now int64, perDay float64) {
	if p.At == 0 {
		p.At, p.Tokens = now, purseSize(perDay)
		return
	}
	if now > p.At {
		p.Tokens = math.Min(purseSize(perDay), p.Tokens+perDay*float64(now-p.At)/float64(day))
		p.At = now
	}
}

// pay takes one incident's worth, if it is there. What concerns much may go
// into debt.
func (p *purse) pay(much bool) bool {
	least := 1.0
	if much {
		least -= purseDebt
	}
	if p.Tokens < least {
		return false
	}
	p.Tokens--
	return true
}
