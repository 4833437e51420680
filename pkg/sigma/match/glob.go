package match

import (
	"bytes"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// glob is a compiled pattern. It is compared with folded text, unless it is
// cased.
type glob struct {
	// pieces are the literals between runs of any text, for patterns without
	// AnyOne.
	pieces         [][]byte
	before, behind bool // any text may stand before the first, behind the last
	tokens         sigma.Pattern
	stepwise       bool // the pattern has AnyOne: tokens are followed
}

func newGlob(p sigma.Pattern, cased bool) glob {
	var g glob
	for i, t := range p {
		if t.Kind == sigma.Literal && !cased {
			t.Text = string(appendFolded(nil, []byte(t.Text)))
		}
		g.tokens = append(g.tokens, t)
		switch t.Kind {
		case sigma.Literal:
			g.pieces = append(g.pieces, []byte(t.Text))
		case sigma.AnyOne:
			g.stepwise = true
		case sigma.AnyRun:
			g.before = g.before || i == 0
			g.behind = g.behind || i == len(p)-1
		}
	}
	return g
}

// anywhere tells whether any text may stand before and behind the pattern.
func (g *glob) anywhere() bool { return g.before && g.behind }

// matches compares with a text that is not empty.
func (g *glob) matches(v []byte, scratch *positions) bool {
	if g.stepwise {
		return g.follow(v, scratch)
	}
	pieces := g.pieces
	if !g.before {
		rest, ok := bytes.CutPrefix(v, pieces[0])
		if pieces = pieces[1:]; !ok || len(pieces) == 0 {
			return ok && (g.behind || len(rest) == 0)
		}
		v = rest
	}
	if !g.behind {
		rest, ok := bytes.CutSuffix(v, pieces[len(pieces)-1])
		if !ok {
			return false
		}
		v, pieces = rest, pieces[:len(pieces)-1]
	}
	for _, piece := range pieces {
		i := bytes.Index(v, piece)
		if i < 0 {
			return false
		}
		v = v[i+len(piece):]
	}
	return true
}

// positions is scratch of follow.
type positions struct{ now, next []int }

// follow goes through the tokens and keeps all positions that may have been
// reached, in order.
func (g *glob) follow(v []byte, s *positions) bool {
	s.now = append(s.now[:0], 0)
	for _, t := range g.tokens {
		s.next = s.next[:0]
		switch t.Kind {
		case sigma.AnyRun:
			for at := s.now[0]; at <= len(v); at++ {
				s.next = append(s.next, at)
			}
		case sigma.AnyOne:
			for _, at := range s.now {
				if size := width(v, at); size > 0 {
					s.next = append(s.next, at+size)
				}
			}
		default:
			for _, at := range s.now {
				if at+len(t.Text) <= len(v) && string(v[at:at+len(t.Text)]) == t.Text {
					s.next = append(s.next, at+len(t.Text))
				}
			}
		}
		if s.now, s.next = s.next, s.now; len(s.now) == 0 {
			return false
		}
	}
	return s.now[len(s.now)-1] == len(v)
}

// width is the size of the character at a position, 0 at the end and in the
// middle of one.
func width(v []byte, at int) int {
	if at == len(v) {
		return 0
	}
	if !utf8.RuneStart(v[at]) && inside(v, at) {
		return 0
	}
	_, size := utf8.DecodeRune(v[at:])
	return size
}

// inside tells whether a character reaches over a position.
func inside(v []byte, at int) bool {
	for back := 1; back < utf8.UTFMax && back <= at; back++ {
		if utf8.RuneStart(v[at-back]) {
			_, size := utf8.DecodeRune(v[at-back:])
			return size > back
		}
	}
	return false
}
