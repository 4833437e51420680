package payload

// signs is the set of classes of the bytes in a value.
type signs uint16

const (
	strange   signs = 1 << iota // no ordinary value has it
	percent                     // may hide any other
	dot                         // suspicious twice
	slash                       // before a comment, a host, a file of the system
	colon                       // after a scheme
	dash                        // suspicious twice
	equals                      // inside a value
	paren                       // after a word
	bracket                     // around an operator
	semicolon                   // before a command
	space                       // between the words of SQL
	at                          // before a variable
	under                       // suspicious twice
	ampersand                   // between parameters, before an entity
	question                    // of a URL
	plus                        // a space of a query
)

var signOf = signTable()

func signTable() (t [256]signs) {
	for c := range 0x20 {
		t[c] = strange
	}
	for _, c := range []byte("'\"`<>${}|\\#*!^\x7f\xc0\xc1\xca\xe0\xe2\xef\xf0\xf8\xfc\xac") {
		t[c] = strange
	}
	t['%'], t['.'], t['/'], t[':'], t['-'], t['='] = percent, dot, slash, colon, dash, equals
	t['('], t['['], t[']'], t[';'], t[' '], t['@'] = paren, bracket, bracket, semicolon, space, at
	t['_'], t['&'], t['?'], t['+'], t[')'] = under, ampersand, question, plus, paren
	return t
}

// signsOf scans v.
func signsOf(v []byte) signs {
	var a, b, c, d signs
	for len(v) >= 4 {
		a |= signOf[v[0]]
		b |= signOf[v[1]]
		c |= signOf[v[2]]
		d |= signOf[v[3]]
		v = v[4:]
	}
	for _, x := range v {
		a |= signOf[x]
	}
	return a | b | c | d
}
