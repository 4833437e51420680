package behaviour

import "math"

// share is which share of trials turns out one way, actor by actor: a beta
// distribution over actors, by its moments.
type share struct {
	n       float32 // actors
	sum     float32 // of their shares
	squares float32
	noise   float32 // sum of 1/trials: how much of the spread is chance
}

const (
	shareWeigh  = 4.0 // of actors, for the prior
	shareSpread = 4.0 // of the prior: as if each actor had been seen so often
	fewTrials   = 3   // fewer tell nothing
	manyTrials  = 400 // more say no more: their spread is not what chance makes it
)

// learn adds an actor with so many of so many trials.
func (s *share) learn(hits, trials float64, weight float32) {
	if trials < fewTrials {
		return
	}
	if s.n >= remembered {
		s.n, s.sum, s.squares, s.noise = s.n/2, s.sum/2, s.squares/2, s.noise/2
	}
	x := float32(math.Min(hits/trials, 1))
	s.n += weight
	s.sum += weight * x
	s.squares += weight * x * x
	s.noise += weight / float32(trials)
}

// mean is the share to be expected of an actor, between what is learned and a
// prior.
func (s *share) mean(prior float64) float64 {
	return (float64(s.sum) + shareWeigh*prior) / (float64(s.n) + shareWeigh)
}

// beta gives the distribution's parameters.
func (s *share) beta(prior float64) (a, b float64) {
	m := math.Min(math.Max(s.mean(prior), 0.002), 0.998)
	strength := shareSpread
	if n := float64(s.n); n > 2 {
		raw := float64(s.sum) / n
		spread := float64(s.squares)/n - raw*raw - raw*(1-raw)*float64(s.noise)/n
		learned := 100.0
		if spread > 0 {
			learned = math.Min(math.Max(m*(1-m)/spread-1, 0.5), 100)
		}
		strength = (n*learned + shareWeigh*shareSpread) / (n + shareWeigh)
	}
	return m * strength, (1 - m) * strength
}

// tail is the probability that an actor has so many of so many trials, or more.
func (s *share) tail(hits, trials, prior float64) float64 {
	if trials <= 0 || hits <= 0 {
		return 1
	}
	if hits = math.Min(hits, trials); trials > manyTrials {
		hits, trials = hits*manyTrials/trials, manyTrials
	}
	n, k := math.Round(trials), math.Round(hits)
	a, b := s.beta(prior)
	p := math.Exp(logChoose(n, k) + logBeta(k+a, n-k+b) - logBeta(a, b))
	total := p
	for j := k; j < n; j++ {
		p *= (n - j) / (j + 1) * (a + j) / (b + n - j - 1)
		total += p
	}
	return math.Min(total, 1)
}

func logChoose(n, k float64) float64 { return -math.Log1p(n) - logBeta(n-k+1, k+1) }

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

func (s *share) code(c *codec) {
	c.float(&s.n)
	c.float(&s.sum)
	c.float(&s.squares)
	c.float(&s.noise)
}
