package payload

import "bytes"

// jndi finds lookups of Log4j, also where the word is put together from other
// lookups: ${${lower:j}ndi:…, ${j${::-n}di:…, ${${env:X:-j}ndi:….
func jndi(t *text) bool {
	if !t.has("${") {
		return false
	}
	out := t.scratch[:0]
	found := false
	for i := 0; i < len(t.low); i++ {
		c := t.low[i]
		open := bytes.LastIndex(out, lookupOpens)
		if c == '}' && open >= 0 {
			found = found || isJNDI(out[open+2:])
			out = resolved(out, open)
			continue
		}
		out = append(out, c)
	}
	t.scratch = out
	return found || containsAny(out, "${jndi:")
}

var lookupOpens = []byte("${")

func isJNDI(v []byte) bool { return hasPrefix(skip(v, isSpace), "jndi:") }

// resolved replaces the lookup that begins at out[open] with what it stands for,
// as far as that can be known.
func resolved(out []byte, open int) []byte {
	inside := out[open+2:]
	value := inside
	if n := bytes.LastIndex(inside, []byte(":-")); n >= 0 {
		value = inside[n+2:]
	} else if n := bytes.IndexByte(inside, ':'); n >= 0 {
		value = bytes.Trim(inside[n+1:], "'\"")
	}
	return append(out[:open], value...)
}
