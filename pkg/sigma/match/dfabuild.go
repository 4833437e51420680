package match

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// maxTable bounds the table of a dfa: places in it are of 16 bits.
const maxTable = 1 << 15

// newDFA makes a dfa of expressions. It is nil when the table would become too
// large.
func newDFA(expressions []*regexp.Regexp) *dfa {
	prog := joined(expressions)
	if prog == nil {
		return nil
	}
	b := dfaBuilder{prog: prog, known: map[string]uint16{}}
	b.look()
	b.dfa = &dfa{end: uint16(len(b.bytes)) + 1}
	for i, group := range b.bytes {
		for _, c := range group {
			b.dfa.classes[c] = uint8(i)
		}
	}
	for c := utf8.RuneSelf; c < 256; c++ {
		b.dfa.classes[c] = uint8(len(b.bytes))
	}
	b.dfa.last = foreignRow * b.width()
	for range firstRow {
		b.dfa.next = append(b.dfa.next, make([]uint16, b.width())...)
	}
	return b.build()
}

// joined is the program of expressions of which any may be found.
func joined(expressions []*regexp.Regexp) *syntax.Prog {
	either := &syntax.Regexp{Op: syntax.OpAlternate}
	for _, expression := range expressions {
		re, err := syntax.Parse(expression.String(), syntax.Perl)
		if err != nil || sprawls(re) {
			return nil
		}
		either.Sub = append(either.Sub, re)
	}
	if len(either.Sub) == 1 {
		either = either.Sub[0]
	}
	prog, err := syntax.Compile(either.Simplify())
	if err != nil {
		return nil
	}
	return prog
}

// manyTimes is from how many repetitions on an expression sprawls.
const manyTimes = 20

// sprawls tells whether an expression repeats nearly anything a counted number
// of times: each set of counts would be a state.
func sprawls(re *syntax.Regexp) bool {
	if re.Op == syntax.OpRepeat && re.Max >= manyTimes && broad(re.Sub[0]) {
		return true
	}
	return slices.ContainsFunc(re.Sub, sprawls)
}

// broad tells whether an expression is a class of most characters.
func broad(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpCharClass:
		return re.Rune[len(re.Rune)-1] > utf8.MaxRune/2
	}
	return false
}

// dfaBuilder makes a state of each set of places in a program that some text
// leads to, with what assertions ask about the byte before.
type dfaBuilder struct {
	prog     *syntax.Prog
	dfa      *dfa
	bytes    [][]byte // of ASCII, by class: all bytes of a class lead to the same
	alike    []uint32 // by place: the first one from which the same is found
	asserts  syntax.EmptyOp
	anchored bool              // it is found at the begin of a text or nowhere
	moves    [][]bool          // by class and place: it is read there
	begin    []uint32          // the places that are reached from the start
	known    map[string]uint16 // states by what they are
	queue    []dfaState
	reached  []bool   // scratch: the places that are reached, and
	list     []uint32 // their list
	key      []byte
}

// dfaState is a state that the table has a row for.
type dfaState struct {
	before rune // stands for the byte before: -1 at the begin of a text
	places []uint32
}

func (b *dfaBuilder) width() uint16 { return b.dfa.end + 1 }

// look finds out what the program distinguishes.
func (b *dfaBuilder) look() {
	b.reached = make([]bool, len(b.prog.Inst))
	b.alike = alike(b.prog)
	b.anchored = b.prog.StartCond()&syntax.EmptyBeginText != 0
	for i := range b.prog.Inst {
		if in := &b.prog.Inst[i]; in.Op == syntax.InstEmptyWidth {
			b.asserts |= syntax.EmptyOp(in.Arg)
		}
	}
	classes := map[string]int{}
	for c := range byte(utf8.RuneSelf) {
		moves := b.movesOf(c)
		key := string(b.standIn(rune(c))) + string(packed(moves))
		if _, ok := classes[key]; !ok {
			classes[key] = len(b.bytes)
			b.bytes, b.moves = append(b.bytes, nil), append(b.moves, moves)
		}
		i := classes[key]
		b.bytes[i] = append(b.bytes[i], c)
	}
	b.begin = slices.Clone(b.close([]uint32{uint32(b.prog.Start)}, 0))
}

// movesOf tells which places read a byte.
func (b *dfaBuilder) movesOf(c byte) []bool {
	moves := make([]bool, len(b.prog.Inst))
	for i := range b.prog.Inst {
		in := &b.prog.Inst[i]
		moves[i] = reads(in) && in.MatchRune(rune(c))
	}
	return moves
}

// packed is a byte for each truth.
func packed(truths []bool) []byte {
	bytes := make([]byte, len(truths))
	for i, is := range truths {
		if is {
			bytes[i] = 1
		}
	}
	return bytes
}

// standIn is the same for characters that assertions do not distinguish.
func (b *dfaBuilder) standIn(r rune) rune {
	const words = syntax.EmptyWordBoundary | syntax.EmptyNoWordBoundary
	const other = ' '
	switch {
	case r < 0 && b.asserts&(syntax.EmptyBeginText|syntax.EmptyBeginLine) != 0:
		return r
	case r == '\n' && b.asserts&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0:
		return r
	case r >= 0 && syntax.IsWordChar(r) && b.asserts&words != 0:
		return 'a'
	}
	return other
}

// reads tells whether an instruction reads a character.
func reads(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

// build writes the rows, that of the start first.
func (b *dfaBuilder) build() *dfa {
	start, ok := b.state(b.standIn(-1), b.begin)
	if !ok {
		return nil
	}
	b.dfa.start = start
	for i := 0; i < len(b.queue); i++ {
		if !b.row(b.queue[i], (i+firstRow)*int(b.width())) {
			return nil
		}
	}
	return b.dfa
}

// row writes where a state leads to. What assertions let pass is the same for
// all bytes that they do not distinguish.
func (b *dfaBuilder) row(from dfaState, at int) bool {
	passing := map[syntax.EmptyOp][]uint32{}
	for class := range int(b.width()) {
		behind := rune(-1)
		switch {
		case class == len(b.bytes):
			b.dfa.next[at+class] = foreignRow * b.width()
			continue
		case class < len(b.bytes):
			behind = b.standIn(rune(b.bytes[class][0]))
		}
		met := syntax.EmptyOpContext(from.before, behind)
		if passing[met] == nil {
			passing[met] = slices.Clone(b.close(from.places, met))
		}
		to, ok := b.step(passing[met], class)
		if !ok {
			return false
		}
		b.dfa.next[at+class] = to
	}
	return true
}

// step is the state that a class of bytes leads to from some places.
func (b *dfaBuilder) step(places []uint32, class int) (uint16, bool) {
	if b.matched(places) {
		return foundRow, true
	}
	if class >= len(b.moves) {
		return missingRow * b.width(), true
	}
	b.list = b.list[:0]
	if !b.anchored {
		for _, at := range b.begin {
			b.reach(at)
		}
	}
	for _, at := range places {
		if b.moves[class][at] {
			b.reach(b.prog.Inst[at].Out)
		}
	}
	return b.state(b.standIn(rune(b.bytes[class][0])), b.follow(0))
}

// close gives the places that are reached from some without reading, by
// assertions that are met; valid until the next call.
func (b *dfaBuilder) close(from []uint32, met syntax.EmptyOp) []uint32 {
	b.list = b.list[:0]
	for _, at := range from {
		b.reach(at)
	}
	return b.follow(met)
}

func (b *dfaBuilder) reach(at uint32) {
	at = b.alike[at]
	if !b.reached[at] {
		b.reached[at] = true
		b.list = append(b.list, at)
	}
}

// follow goes on from the reached places without reading. It gives those that
// read, assert or match, in order.
func (b *dfaBuilder) follow(met syntax.EmptyOp) []uint32 {
	for i := 0; i < len(b.list); i++ {
		switch in := &b.prog.Inst[b.list[i]]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			b.reach(in.Out)
			b.reach(in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			b.reach(in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^met == 0 {
				b.reach(in.Out)
			}
		}
	}
	for _, at := range b.list {
		b.reached[at] = false
	}
	places := slices.DeleteFunc(b.list, b.passes)
	slices.Sort(places)
	return places
}

// passes tells whether a place is only passed through.
func (b *dfaBuilder) passes(at uint32) bool {
	in := &b.prog.Inst[at]
	return !reads(in) && in.Op != syntax.InstEmptyWidth && in.Op != syntax.InstMatch
}

func (b *dfaBuilder) matched(places []uint32) bool {
	return slices.ContainsFunc(places, func(at uint32) bool { return b.prog.Inst[at].Op == syntax.InstMatch })
}

// state is the state of some places, a new one if need be. It fails when there
// is no more room.
func (b *dfaBuilder) state(before rune, places []uint32) (uint16, bool) {
	switch {
	case b.matched(places):
		return foundRow, true
	case len(places) == 0:
		return missingRow * b.width(), true
	}
	b.key = binary.AppendVarint(b.key[:0], int64(before))
	for _, at := range places {
		b.key = binary.AppendUvarint(b.key, uint64(at))
	}
	if at, ok := b.known[string(b.key)]; ok {
		return at, true
	}
	at := len(b.dfa.next)
	if at+int(b.width()) > maxTable {
		return 0, false
	}
	b.dfa.next = append(b.dfa.next, make([]uint16, b.width())...)
	b.known[string(b.key)] = uint16(at)
	b.queue = append(b.queue, dfaState{before, slices.Clone(places)})
	return uint16(at), true
}
