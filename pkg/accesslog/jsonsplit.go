package accesslog

import "errors"

// Errors of SplitJSON.
var (
	ErrNotJSON     = errors.New("neither a JSON object nor an array")
	ErrBrokenArray = errors.New("the JSON ends early or is broken")
)

// SplitJSON gives emit each element of a JSON array, or each of the values of
// a text that has one after another, as they stand. It looks at where values
// begin and end only: whether one can be parsed is seen later. It fails with
// its own errors, those of emit, and after any number of elements.
func SplitJSON(text []byte, emit func(element []byte) error) error {
	s := scanner{data: text}
	s.skipSpace()
	switch s.peek() {
	case '{':
		return s.sequence(emit)
	case '[':
		return s.elements(emit)
	}
	return ErrNotJSON
}

// sequence cuts values that stand one after another.
func (s *scanner) sequence(emit func([]byte) error) error {
	for {
		s.skipSpace()
		if s.at == len(s.data) {
			return nil
		}
		if err := s.cut(emit); err != nil {
			return err
		}
	}
}

// elements cuts an array, after which there may be nothing.
func (s *scanner) elements(emit func([]byte) error) error {
	s.at++
	s.skipSpace()
	if s.peek() == ']' {
		s.at++
		return s.end()
	}
	for {
		if err := s.cut(emit); err != nil {
			return err
		}
		s.skipSpace()
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return s.end()
		default:
			return ErrBrokenArray
		}
	}
}

// cut gives emit the next value.
func (s *scanner) cut(emit func([]byte) error) error {
	s.skipSpace()
	begin := s.at
	switch s.peek() {
	case ',', ']', '}', ':', 0:
		return ErrBrokenArray
	}
	if s.skip() != Parsed {
		return ErrBrokenArray
	}
	return emit(s.data[begin:s.at])
}

func (s *scanner) end() error {
	s.skipSpace()
	if s.at < len(s.data) {
		return ErrBrokenArray
	}
	return nil
}
