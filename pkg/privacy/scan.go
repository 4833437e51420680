package privacy

// class tells what may begin, or be found around, a byte.
type class uint8

const (
	plain    class = iota
	digit          // numbers of every kind
	equals         // name=value
	colon          // "name": value
	escaped        // any of these, encoded
	at             // e-mail, user information
	plus           // telephone, or a space
	space          // Bearer …
	prefixed       // the last letter of a key's prefix
	jay            // eyJ…
)

// classes says where the scan has to stop for the detectors that are on.
func classes(on detectors, prefixes []prefix) (table [256]class) {
	set := func(when detectors, c class, bytes string) {
		if on&when != 0 {
			for i := range len(bytes) {
				table[bytes[i]] = c
			}
		}
	}
	for _, p := range prefixes {
		set(keys, prefixed, p.literal[p.trigger:p.trigger+1])
	}
	set(keys, prefixed, "-") // PEM
	set(cards|nationalPhones|national, digit, "0123456789")
	set(byName, equals, "=")
	set(byName, colon, ":")
	set(^detectors(0), escaped, "%")
	set(emails|credentials, at, "@")
	set(phones|credentials, plus, "+")
	set(credentials, space, " ")
	set(jwts, jay, "J")
	return table
}

// scan is one pass over a text. What is found is written to out as it comes:
// nothing is copied while nothing is found.
type scan struct {
	m     *Masker
	in    []byte
	out   []byte
	done  int   // what lies before it is in out, or masked
	floor int   // a word cannot begin before it: the end of a mask or an escape
	found Kinds // what was masked
	oauth int8  // whether "code" is OAuth's: 0 not known yet, 1 yes, -1 no
}

func (s *scan) run() {
	for i := s.m.plain(s.in, 0); i < len(s.in); i = s.m.plain(s.in, i) {
		i = s.step(s.m.class[s.in[i]], i)
	}
}

// plain is where the next byte lies, from v[i] on, at which the scan stops.
func (m *Masker) plain(v []byte, i int) int {
	t := &m.class
	rest := v[min(i, len(v)):]
	for len(rest) >= 8 && t[rest[0]]|t[rest[1]]|t[rest[2]]|t[rest[3]]|t[rest[4]]|t[rest[5]]|t[rest[6]]|t[rest[7]] == plain {
		rest = rest[8:]
	}
	for j, c := range rest {
		if t[c] != plain {
			return len(v) - len(rest) + j
		}
	}
	return len(v)
}

// step looks at what is around v[i] and gives where to go on.
func (s *scan) step(c class, i int) int {
	switch c {
	case digit:
		return s.number(i)
	case equals:
		return s.assignment(i, 1, 0)
	case colon:
		return s.member(i, 1, 0)
	case escaped:
		return s.escape(i)
	case at:
		return s.mailbox(i, 1)
	case plus:
		return s.plus(i, 1)
	case space:
		return s.credential(i, 1)
	case prefixed:
		return s.prefix(i)
	default:
		return s.jwt(i)
	}
}

// escape looks at an encoded character as at a plain one.
func (s *scan) escape(i int) int {
	c, size, depth := unit(s.in, i)
	next := i + size
	if depth > 0 {
		switch s.m.class[c] {
		case equals:
			next = s.assignment(i, size, depth)
		case colon:
			next = s.member(i, size, depth)
		case at:
			next = s.mailbox(i, size)
		case plus:
			next = s.plus(i, size)
		case space:
			next = s.credential(i, size)
		}
	}
	if !isAlnum(c) {
		s.floor = max(s.floor, i+size)
	}
	return next
}

// replace masks in[from:to].
func (s *scan) replace(from, to, kind int) {
	s.out = append(s.out, s.in[s.done:from]...)
	s.out = append(s.out, s.m.masks[kind]...)
	s.found |= 1 << kind
	s.done, s.floor = to, to
}

// edge tells whether a word may begin at i: no letter or digit lies before.
func (s *scan) edge(i int) bool {
	return i <= s.floor || !isAlnum(s.in[i-1])
}

// maskAt is the length of the mask that begins at v[i], or 0.
func (m *Masker) maskAt(v []byte) int {
	if len(v) == 0 || v[0] != '[' {
		return 0
	}
	for _, mask := range m.masks {
		if len(v) >= len(mask) && string(v[:len(mask)]) == mask {
			return len(mask)
		}
	}
	return 0
}
