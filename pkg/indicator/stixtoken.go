package indicator

import (
	"errors"
	"fmt"
	"strings"
)

// stixTokenKind is what a token of a STIX pattern is.
type stixTokenKind uint8

const (
	stixEnd    stixTokenKind = iota
	stixSign                 // brackets, commas, operators of signs
	stixWord                 // keywords, numbers, and literals such as t'…'
	stixPath                 // an object path
	stixString               // what stands in quotes
)

type stixToken struct {
	kind stixTokenKind
	text string
	at   int // byte in the pattern
}

const maxPattern = 64 << 10

// stixTokens cuts a pattern into tokens.
func stixTokens(pattern string) ([]stixToken, error) {
	if pattern == "" {
		return nil, errors.New("there is no pattern")
	}
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	var tokens []stixToken
	for at := 0; at < len(pattern); {
		if strings.IndexByte(" \t\r\n", pattern[at]) >= 0 {
			at++
			continue
		}
		t, end, err := stixNext(pattern, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at = end
	}
	return tokens, nil
}

// stixNext reads the token that begins at a place; end is behind it.
func stixNext(pattern string, at int) (t stixToken, end int, err error) {
	switch c := pattern[at]; {
	case c == '\'':
		text, end, err := stixQuoted(pattern, at)
		return stixToken{stixString, text, at}, end, err
	case strings.IndexByte("[](),", c) >= 0:
		return stixToken{stixSign, pattern[at : at+1], at}, at + 1, nil
	case strings.IndexByte("=!<>", c) >= 0:
		end = at + 1
		for end < len(pattern) && strings.IndexByte("=<>", pattern[end]) >= 0 {
			end++
		}
		return stixToken{stixSign, pattern[at:end], at}, end, nil
	case isPathByte(c) || c == '+':
		return stixWordOrPath(pattern, at)
	}
	return stixToken{}, 0, fmt.Errorf("the pattern has %q at character %d, which means nothing", pattern[at], at+1)
}

// stixQuoted reads a string in single quotes; a backslash takes the next
// character as it is.
func stixQuoted(pattern string, at int) (text string, end int, err error) {
	var s strings.Builder
	for i := at + 1; i < len(pattern); i++ {
		switch pattern[i] {
		case '\'':
			return s.String(), i + 1, nil
		case '\\':
			i++
			if i == len(pattern) {
				continue
			}
		}
		s.WriteByte(pattern[i])
	}
	return "", 0, fmt.Errorf("the pattern has a quote at character %d that is not closed", at+1)
}

// stixWordOrPath reads a word, or an object path with its quoted parts and
// indexes.
func stixWordOrPath(pattern string, at int) (t stixToken, end int, err error) {
	kind, end := stixWord, at+1
	for end < len(pattern) {
		switch c := pattern[end]; {
		case c == ':':
			kind = stixPath
			end++
		case isPathByte(c):
			end++
		case c == '\'':
			if _, end, err = stixQuoted(pattern, end); err != nil {
				return t, end, err
			}
		case c == '[' && kind == stixPath:
			n := strings.IndexByte(pattern[end:], ']')
			if n < 0 {
				return t, end, errors.New("the pattern has an index that is not closed")
			}
			end += n + 1
		default:
			return stixToken{kind, pattern[at:end], at}, end, nil
		}
	}
	return stixToken{kind, pattern[at:end], at}, end, nil
}

func isPathByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}
