package inventory

// survey is what one pass over a segment tells.
type survey struct {
	digits, upper, lower int
	hex                  int // letters a to f
	dashes, dots, ats    int
	colons               int
	shifts               int  // between letters and digits, and from lower to upper case
	returns              int  // from a digit to a letter
	odd                  bool // holds a byte that no route's own word has
}

type charClass uint8

const (
	other charClass = iota
	digit
	upperLetter
	lowerLetter
)

func examine(s []byte) survey {
	var v survey
	last := other
	for _, c := range s {
		now := v.count(c)
		if now != last && now != other && last != other && !(last == upperLetter && now == lowerLetter) {
			v.shifts++
			if last == digit {
				v.returns++
			}
		}
		last = now
	}
	return v
}

func (v *survey) count(c byte) charClass {
	switch {
	case 'a' <= c && c <= 'z':
		v.lower++
		v.hexLetter(c)
		return lowerLetter
	case '0' <= c && c <= '9':
		v.digits++
		return digit
	case 'A' <= c && c <= 'Z':
		v.upper++
		v.hexLetter(c | 0x20)
		return upperLetter
	}
	switch c {
	case '-', '_':
		v.dashes++
	case '.':
		v.dots++
	case '@':
		v.ats++
	case ':':
		v.colons++
	case '~', '$', '+', ',':
	default:
		v.odd = true
	}
	return other
}

func (v *survey) hexLetter(c byte) {
	if c <= 'f' {
		v.hex++
	}
}
