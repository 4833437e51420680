package privacy

const (
	minDigits  = 9  // letters and digits of the shortest number without separators
	maxDigits  = 34 // of the longest, an IBAN
	maxGroups  = 8  // of the longest with separators
	maxInGroup = 8
)

const national = usSSN | deSteuerID | esDNI | esNIE | frNIR | itCodiceFiscale | nlBSN | brCPF | ukNINO | ibans

// number looks at the word around the digit in[i], and at the groups of digits
// that it may begin.
func (s *scan) number(i int) int {
	v := s.in
	from, to := i, i+1
	for from > s.floor && isLetter(v[from-1]) {
		from--
	}
	for to < len(v) && isAlnum(v[to]) {
		to++
	}
	n := to - from
	switch {
	case n >= minDigits:
		if kind, ok := s.m.number(v[from:to]); ok && n <= maxDigits && s.whole(from, to) {
			s.replace(from, to, kind)
		}
	case n <= maxInGroup && to+1 < len(v) && isSeparator(v[to]):
		return s.grouped(from, to)
	}
	return to
}

// whole tells whether a number is not a part of a fraction or a version.
func (s *scan) whole(from, to int) bool {
	v := s.in
	if from > s.floor+1 && v[from-1] == '.' && isDigit(v[from-2]) {
		return false
	}
	return to+1 >= len(v) || v[to] != '.' || !isDigit(v[to+1])
}

// number tells what a word of letters and digits is.
func (m *Masker) number(word []byte) (kind int, ok bool) {
	digits := 0
	for _, c := range word {
		if isDigit(c) {
			digits++
		}
	}
	if digits < len(word) {
		return asNational, m.mixed(word, digits)
	}
	if m.on&cards != 0 && isCard(word) {
		return asCard, true
	}
	if m.on&nationalPhones != 0 && word[0] == '0' && len(word) >= 10 && len(word) <= 12 {
		return asPhone, true
	}
	return asNational, m.digits(word)
}

// digits tells whether a word of digits is a national number.
func (m *Masker) digits(word []byte) bool {
	switch len(word) {
	case 9:
		return m.on&nlBSN != 0 && isBSN(word)
	case 11:
		return m.on&deSteuerID != 0 && isSteuerID(word)
	case 15:
		return m.on&frNIR != 0 && isNIR(word)
	}
	return false
}

// mixed tells whether a word of letters and digits is a national number.
func (m *Masker) mixed(word []byte, digits int) bool {
	switch {
	case digits < 6:
		return false
	case len(word) == 9:
		return m.on&esDNI != 0 && isDNI(word) || m.on&esNIE != 0 && isNIE(word) || m.on&ukNINO != 0 && isNINO(word)
	case len(word) == 15 && digits == 14 && m.on&frNIR != 0 && isNIR(word):
		return true
	case len(word) == 16 && m.on&itCodiceFiscale != 0 && isCodiceFiscale(word):
		return true
	}
	return m.on&ibans != 0 && isIBAN(word)
}

// isSeparator tells whether a byte may begin what separates groups.
func isSeparator(c byte) bool {
	return c == '-' || c == ' ' || c == '+' || c == '.' || c == '%'
}
