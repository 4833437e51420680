package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

const wantDuration = "want a duration with its unit, such as 90s, 15m or 24h"

// inWords tells of a value of the wrong type in words of the file's author,
// where the library speaks of Go.
func inWords(err error, data []byte, p *mistake.Mistake) {
	var other *yaml.TypeError
	var node *yaml.UnexpectedNodeTypeError
	var large *yaml.OverflowError
	switch {
	case errors.As(err, &other):
		p.Message, p.Hint = "this is of another type", wantOf(other.DstType)
		if other.Token != nil && scalarType(other.SrcType) {
			p.Message = fmt.Sprintf("%q is of another type", other.Token.Value)
		}
	case errors.As(err, &node):
		p.Message, p.Hint = "this is of another type", wantNode(node.Expected)
	case errors.As(err, &large):
		p.Message, p.Hint = large.SrcNum+" is too large or too small", wantOf(large.DstType)
	default:
		badDuration(err, data, p)
	}
}

func scalarType(t reflect.Type) bool {
	return t != nil && (t.Kind() <= reflect.Float64 || t.Kind() == reflect.String)
}

// wantOf says what a type looks like in a file.
func wantOf(t reflect.Type) string {
	switch {
	case t == nil:
		return ""
	case t == reflect.TypeFor[time.Duration]():
		return wantDuration
	}
	switch t.Kind() {
	case reflect.Bool:
		return "want true or false"
	case reflect.Float32, reflect.Float64:
		return "want a number"
	case reflect.String:
		return "want text"
	case reflect.Slice, reflect.Array:
		return wantNode(ast.SequenceType)
	case reflect.Map, reflect.Struct:
		return wantNode(ast.MappingType)
	}
	return "want a whole number"
}

func wantNode(t ast.NodeType) string {
	switch t {
	case ast.SequenceType:
		return "want a list, such as [a, b]"
	case ast.MappingType:
		return "want keys with values below it"
	}
	return "want a " + t.YAMLName()
}

// badDuration tells of a duration that cannot be read. The library does not say
// where it is: it is looked for.
func badDuration(err error, data []byte, p *mistake.Mistake) {
	message, ok := strings.CutPrefix(err.Error(), "time: ")
	_, quoted, named := strings.Cut(message, "duration ")
	value, bad := strconv.Unquote(quoted)
	if !ok || !named || bad != nil {
		return
	}
	p.Message, p.Hint = fmt.Sprintf("%q is no duration", value), wantDuration
	if tk := only(lexer.Tokenize(string(data)), value); tk != nil {
		p.Line, p.Column = tk.Position.Line, tk.Position.Column
	}
}

// only is the token of a value that stands in a file once, or nil.
func only(tokens token.Tokens, value string) *token.Token {
	var found *token.Token
	for _, tk := range tokens {
		if tk.Value == value && found != nil {
			return nil
		}
		if tk.Value == value {
			found = tk
		}
	}
	return found
}
