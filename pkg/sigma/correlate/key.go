package correlate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"
)

// A value of group-by longer than maxValue is cut, and a hash takes the place
// of the rest, so that different values stay different.
const (
	maxValue  = 256
	hashChars = 16
)

// appendValue adds a value to a group's key: its length, and its bytes.
func appendValue(key, value []byte) []byte {
	if len(value) > maxValue {
		return appendLong(key, value)
	}
	key = binary.AppendUvarint(key, uint64(len(value)))
	return append(key, value...)
}

func appendLong(key, value []byte) []byte {
	sum := sha256.Sum256(value)
	cut := maxValue - hashChars - 1
	for cut > maxValue/2 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	key = binary.AppendUvarint(key, uint64(cut+1+hashChars))
	key = append(append(key, value[:cut]...), '~')
	return hex.AppendEncode(key, sum[:hashChars/2])
}

// cutValue splits the first value off a key.
func cutValue(key string) (value, rest string, ok bool) {
	n, at := 0, 0
	for shift := 0; ; shift += 7 {
		if at == len(key) || shift > 14 {
			return "", "", false
		}
		b := key[at]
		n |= int(b&0x7f) << shift
		at++
		if b < 0x80 {
			break
		}
	}
	if n > len(key)-at {
		return "", "", false
	}
	return key[at : at+n], key[at+n:], true
}

// splitKey gives the values of a key; nil when it is none of so many values.
func splitKey(key string, values int) []string {
	out := make([]string, values)
	for i := range out {
		value, rest, ok := cutValue(key)
		if !ok {
			return nil
		}
		out[i], key = value, rest
	}
	if key != "" {
		return nil
	}
	return out
}
