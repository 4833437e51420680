package privacy

// groups are digits written in groups: what they are, how they are separated
// and where each group ends.
type groups struct {
	digits  [maxGroups * maxInGroup]byte
	n       int // digits
	count   int // groups
	lengths [maxGroups]int
	ends    [maxGroups]int  // in the text
	after   [maxGroups]byte // separator after the group if another group follows; a space for '+'
}

// read reads groups of digits from v[i] on, of which the first ends at v[end].
func (g *groups) read(v []byte, i, end int) {
	for {
		g.lengths[g.count], g.ends[g.count] = end-i, end
		g.n += copy(g.digits[g.n:], v[i:end])
		g.count++
		next := separated(v, end)
		if next == 0 || g.count == maxGroups {
			return
		}
		n := run(v[next:], isDigit)
		if n == 0 || n > maxInGroup || next+n < len(v) && isLetter(v[next+n]) {
			return
		}
		g.after[g.count-1] = separator(v, end)
		i, end = next, next+n
	}
}

// separated is where the group begins that follows the separator at v[i], or 0.
func separated(v []byte, i int) int {
	if i >= len(v) || !isSeparator(v[i]) {
		return 0
	}
	c, size, _ := unit(v, i)
	if c == '%' || !isSeparator(c) {
		return 0
	}
	return i + size
}

func separator(v []byte, i int) byte {
	c, _, _ := unit(v, i)
	if c == '+' {
		return ' '
	}
	return c
}

// pattern is a way to write a number in groups.
type pattern struct {
	when    detectors
	kind    int
	lengths string // a digit for each group
	between string // separators; one alone separates all
	check   checkup
}

// checkup is how the digits of a pattern are checked. It is no function, for the
// digits would be allocated.
type checkup uint8

const (
	anyDigits checkup = iota
	cardDigits
	nirDigits
	cpfDigits
	steuerIDDigits
	ssnDigits
)

func (c checkup) passes(d []byte) bool {
	switch c {
	case cardDigits:
		return isCard(d)
	case nirDigits:
		return isNIR(d)
	case cpfDigits:
		return isCPF(d)
	case steuerIDDigits:
		return isSteuerID(d)
	case ssnDigits:
		return isSSN(d)
	}
	return true
}

func groupPatterns() []pattern {
	return []pattern{
		{cards, asCard, "44443", " -", cardDigits},
		{cards, asCard, "4444", " -", cardDigits},
		{cards, asCard, "465", " -", cardDigits},
		{cards, asCard, "464", " -", cardDigits},
		{frNIR, asNational, "1222332", " ", nirDigits},
		{brCPF, asNational, "3332", "..-", cpfDigits},
		{deSteuerID, asNational, "2333", " ", steuerIDDigits},
		{usSSN, asNational, "324", "-", ssnDigits},
		{nationalPhones, asPhone, "334", " -.", anyDigits},
	}
}

// grouped looks at the groups of digits that begin with in[from:to].
func (s *scan) grouped(from, to int) int {
	if to-from == 4 && isLetter(s.in[from]) {
		return s.groupedIBAN(from, to)
	}
	if !mayBeGrouped(s.in, from, to) || s.insideHex(from) {
		return to
	}
	var g groups
	g.read(s.in, from, to)
	if g.count > 2 {
		for i := range s.m.groups {
			p := &s.m.groups[i]
			if s.m.on&p.when != 0 && g.match(p) {
				end := g.ends[len(p.lengths)-1]
				s.replace(from, end, p.kind)
				return end
			}
		}
	}
	return to
}

// mayBeGrouped tells whether a pattern begins as v[from:to] and the next group
// do. It rules out most dates, versions and addresses.
func mayBeGrouped(v []byte, from, to int) bool {
	next := separated(v, to)
	if next == 0 {
		return false
	}
	sign := separator(v, to)
	switch first, second := to-from, run(v[next:], isDigit); {
	case first == 4:
		if second != 4 && second != 6 || sign == '.' {
			return false
		}
	case first == 3:
		if second != 3 && (second != 2 || sign != '-') {
			return false
		}
	case first == 2 && second == 3, first == 1 && second == 2:
		if sign != ' ' {
			return false
		}
	default:
		return false
	}
	return run(v[from:to], isDigit) == to-from
}

// insideHex tells whether a group continues something else: a UUID, a version,
// a date.
func (s *scan) insideHex(from int) bool {
	if from < s.floor+2 || s.in[from-1] != '-' && s.in[from-1] != '.' {
		return false
	}
	i := from - 2
	for ; i >= s.floor && isAlnum(s.in[i]); i-- {
		if c := s.in[i]; !isDigit(c) && c|0x20 > 'f' {
			return false
		}
	}
	return i < from-2
}

// match tells whether the groups begin as in a pattern and do not go on in the
// same manner.
func (g *groups) match(p *pattern) bool {
	count := len(p.lengths)
	if g.count < count {
		return false
	}
	n := 0
	for i := range count {
		if g.lengths[i] != int(p.lengths[i]-'0') || i > 0 && !p.separates(g, i-1) {
			return false
		}
		n += g.lengths[i]
	}
	if after := g.after[count-1]; after == '-' || after == '.' {
		return false
	}
	return p.check.passes(g.digits[:n])
}

// separates tells whether the separator after a group is the pattern's.
func (p *pattern) separates(g *groups, i int) bool {
	c := g.after[i]
	if len(p.between) == len(p.lengths)-1 && p.between[0] != ' ' {
		return c == p.between[i]
	}
	for _, want := range []byte(p.between) {
		if c == want && c == g.after[0] {
			return true
		}
	}
	return false
}

// groupedIBAN looks for an IBAN in groups of four.
func (s *scan) groupedIBAN(from, to int) int {
	var word [maxDigits]byte
	n := copy(word[:], s.in[from:to])
	want := ibanLength(word[:2])
	if s.m.on&ibans == 0 || want == 0 || !s.edge(from) {
		return to
	}
	end := to
	for n < want {
		next := separated(s.in, end)
		size := min(4, want-n)
		if next == 0 || next+size > len(s.in) || run(s.in[next:next+size], isAlnum) < size {
			return to
		}
		n += copy(word[n:], s.in[next:next+size])
		end = next + size
	}
	if end < len(s.in) && isAlnum(s.in[end]) || !isIBAN(word[:n]) {
		return to
	}
	s.replace(from, end, asNational)
	return end
}
