package match

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// literals are texts of which one stands, folded, in every value that something
// matches. They are of ASCII in lower case, but for [spellings].
type literals []string

func (l literals) bytes() (all [][]byte) {
	for _, literal := range l {
		all = append(all, []byte(literal))
	}
	return all
}

// likelihood estimates how often one of them is found in a lane.
func (l literals) likelihood(lane column) (sum float64) {
	for _, literal := range l {
		_, p := rarest(lane, literal)
		sum += p
	}
	return sum
}

// best is the rarest in a lane among sets that are all necessary; nil when
// there is none.
func best(lane column, sets []literals) (rare literals) {
	least := 0.0
	for _, set := range sets {
		if p := set.likelihood(lane); len(set) > 0 && (rare == nil || p < least) {
			rare, least = set, p
		}
	}
	return rare
}

// ofPattern gives the literals of which all are in what a pattern matches.
func ofPattern(p sigma.Pattern) (sets []literals) {
	for _, t := range p {
		if t.Kind == sigma.Literal {
			for _, piece := range asciiPieces(string(appendFolded(nil, []byte(t.Text))), "") {
				sets = append(sets, literals{piece})
			}
		}
	}
	return sets
}

// asciiPieces cuts a text in lower case at bytes that are not ASCII, which
// folding may have changed, and at those of a set.
func asciiPieces(s, at string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || strings.ContainsRune(at, r) })
}

// maxAlternatives bounds the literals of one set.
const maxAlternatives = 1024

// ofExpression gives sets of literals of which each is necessary for a regular
// expression to be found.
func ofExpression(text string) []literals {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil
	}
	return ofSyntax(re.Simplify())
}

func ofSyntax(re *syntax.Regexp) []literals {
	switch re.Op {
	case syntax.OpLiteral:
		return ofRunes(re)
	case syntax.OpCapture, syntax.OpPlus:
		return ofSyntax(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return ofSyntax(re.Sub[0])
		}
	case syntax.OpConcat:
		var sets []literals
		for _, sub := range re.Sub {
			sets = append(sets, ofSyntax(sub)...)
		}
		return sets
	case syntax.OpAlternate:
		return ofAlternatives(re.Sub)
	}
	return nil
}

// beyondASCII is the character that an expression without regard to case finds
// for a letter of ASCII too: the sign for kelvin, the long s.
func beyondASCII(c byte) (other string, ok bool) {
	switch c {
	case 'k':
		return "\u212a", true
	case 's':
		return "\u017f", true
	}
	return "", false
}

// maxSpellings bounds the spellings of one literal.
const maxSpellings = 4

func ofRunes(re *syntax.Regexp) (sets []literals) {
	for _, piece := range asciiPieces(string(appendFolded(nil, []byte(string(re.Rune)))), "") {
		all := literals{piece}
		if re.Flags&syntax.FoldCase != 0 {
			all = spellings(piece)
		}
		if len(all) <= maxSpellings {
			sets = append(sets, all)
			continue
		}
		for _, part := range asciiPieces(piece, "ks") {
			sets = append(sets, literals{part})
		}
	}
	return sets
}

// spellings are all texts that an expression without regard to case finds for
// a literal, folded; more than maxSpellings when not all of them are told.
func spellings(literal string) literals {
	all := literals{""}
	for i := range len(literal) {
		other, ok := beyondASCII(literal[i])
		for n, begun := range all {
			all[n] = begun + literal[i:i+1]
			if ok && len(all) <= maxSpellings {
				all = append(all, begun+other)
			}
		}
	}
	return all
}

func ofAlternatives(alternatives []*syntax.Regexp) []literals {
	var union literals
	for _, sub := range alternatives {
		set := best(targetColumn, ofSyntax(sub))
		if len(set) == 0 || len(union)+len(set) > maxAlternatives {
			return nil
		}
		union = append(union, set...)
	}
	return []literals{union}
}

// asserts tells whether an expression asks for what stands beside what it
// finds.
func asserts(text string) bool {
	re, err := syntax.Parse(text, syntax.Perl)
	return err != nil || assertsSyntax(re)
}

func assertsSyntax(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, assertsSyntax)
}

// leastOf is the number of bytes that are at least in what an expression finds.
func leastOf(text string) int {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	return leastOfSyntax(re)
}

func leastOfSyntax(re *syntax.Regexp) int {
	least := 0
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return leastOfSyntax(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * leastOfSyntax(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			least += leastOfSyntax(sub)
		}
	case syntax.OpAlternate:
		least = leastOfSyntax(re.Sub[0])
		for _, sub := range re.Sub {
			least = min(least, leastOfSyntax(sub))
		}
	}
	return least
}
