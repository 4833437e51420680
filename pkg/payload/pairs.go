package payload

// pairs is the set of pairs of neighbouring bytes in a text, by their lower five
// bits: a needle with a pair that is not there is not there itself. It spares
// most searches for the hundreds of words that the analysers know.
type pairs [32]uint32

func (p *pairs) fill(v []byte) {
	*p = pairs{}
	for i := 1; i < len(v); i++ {
		p[v[i-1]&31] |= 1 << (v[i] & 31)
	}
}

// mayHold tells whether needle may lie in the text.
func (p *pairs) mayHold(needle string) bool {
	for i := 1; i < len(needle); i++ {
		if p[needle[i-1]&31]&(1<<(needle[i]&31)) == 0 {
			return false
		}
	}
	return true
}
