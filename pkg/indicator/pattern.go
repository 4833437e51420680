package indicator

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is a regular expression for user agents.
type pattern struct {
	record uint32
	// words: one of them is in every text that matches, letters folded.
	words   []string
	literal []byte         // the pattern is this text; else
	re      *regexp.Regexp // an expression
}

// leastWord is how long a word must be to be found by its groups of three.
const leastWord = 3

func patternKey(text string) (key, error) {
	k, err := textKey(UserAgentPattern, text)
	if err != nil {
		return key{}, err
	}
	const longest = 1000
	if len(text) > longest {
		return key{}, fmt.Errorf("a pattern has up to %d bytes", longest)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return key{}, fmt.Errorf("the pattern is no regular expression: %w", err)
	}
	p := &pattern{words: wordsOf(tree.Simplify())}
	if len(p.words) == 0 {
		return key{}, errors.New("the pattern has no three letters that are always there: it would have to be tried on every request")
	}
	if tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0 {
		p.literal = []byte(string(tree.Rune))
	} else if p.re, err = regexp.Compile(text); err != nil {
		return key{}, fmt.Errorf("the pattern is no regular expression: %w", err)
	}
	k.pattern = p
	return k, nil
}

// wordsOf gives words of which each text that matches has one, or none when
// there are no such words.
func wordsOf(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return literalWord(re)
	case syntax.OpCapture, syntax.OpPlus:
		return wordsOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return wordsOf(re.Sub[0])
		}
	case syntax.OpConcat:
		return bestWords(re.Sub)
	case syntax.OpAlternate:
		return allWords(re.Sub)
	}
	return nil
}

// literalWord is the text itself. Under folding, k and s are also the Kelvin
// sign and the long s, and other letters beyond ASCII have forms of their own:
// the longest piece without them counts.
func literalWord(re *syntax.Regexp) []string {
	text := string(re.Rune)
	if re.Flags&syntax.FoldCase != 0 {
		pieces := strings.FieldsFunc(text, func(r rune) bool { return r >= 0x80 || strings.ContainsRune("kKsS", r) })
		text = ""
		for _, piece := range pieces {
			if len(piece) > len(text) {
				text = piece
			}
		}
	}
	if len(text) < leastWord {
		return nil
	}
	return []string{text}
}

// bestWords chooses, of parts that all have to be there, the words that are
// the longest.
func bestWords(parts []*syntax.Regexp) []string {
	var best []string
	for _, part := range parts {
		if words := wordsOf(part); shortest(words) > shortest(best) {
			best = words
		}
	}
	return best
}

func allWords(parts []*syntax.Regexp) []string {
	var all []string
	for _, part := range parts {
		words := wordsOf(part)
		if len(words) == 0 {
			return nil
		}
		all = append(all, words...)
	}
	return all
}

// shortest is the length of the shortest word; 0 without words.
func shortest(words []string) int {
	n := 0
	for i, w := range words {
		if i == 0 || len(w) < n {
			n = len(w)
		}
	}
	return n
}
