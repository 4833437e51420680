package baseline

import "math"

// marks are how often each sign was how strong, and all of them together.
type marks struct {
	Each         [kinds]ranks
	All          ranks
	Above, Below float64 // scales within which all but one in a thousand are
	Counted      int64
}

// A surprise is what the signs of a point come to.
type surprise struct {
	chance float64 // of something as unusual
	kind   int     // the sign that is the rarest
	x      float64
}

func (m *marks) combine(s *signs) (x float64, kind int) {
	sum, least := 0.0, 2.0
	for i, at := range s {
		if at == none {
			sum++
			continue
		}
		p := m.Each[i].chance(at, &deviations)
		sum += 1 / p
		if p < least {
			least, kind = p, i
		}
	}
	return math.Log(sum/kinds) / 2, kind
}

func (m *marks) weigh(s signs) surprise {
	x, kind := m.combine(&s)
	return surprise{chance: m.All.chance(x, &surprises), kind: kind, x: x}
}

func (m *marks) count(s signs, weight float64) {
	x, _ := m.combine(&s)
	m.All.add(x, weight)
	for i, at := range s {
		m.Each[i].add(at, weight)
	}
	if m.Counted++; m.Counted%64 == 0 || m.Above == 0 {
		m.Above = m.Each[fastUp].quantile(0.0005, &deviations)
		m.Below = m.Each[fastDown].quantile(0.0005, &deviations)
	}
}

// quantile is the value which only so many are beyond.
func (r *ranks) quantile(chance float64, prior *law) float64 {
	low, high := float64(rankLow), float64(rankLow+rankBins*rankWidth)
	for range 20 {
		middle := (low + high) / 2
		if r.chance(middle, prior) > chance {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp(high)
}
