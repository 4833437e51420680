package payload

import "bytes"

// deserialisation finds serialised objects, by how their formats begin and by
// the classes that attacks are built from.
func deserialisation(t *text) bool {
	v := bytes.TrimSpace(t.raw)
	if bytes.HasPrefix(v, javaObject) || hasPrefix(v, "rO0AB") || hasPrefix(v, "AAEAAAD/////") || hasPrefix(t.low, "aced0005") || pickled(v) {
		return true
	}
	if t.signs&strange == 0 {
		return false
	}
	return phpObject(t.low) || t.has("!!python/", "!!javax.", "!!java.", "!!com.sun", "!!ruby/", "!ruby/object", "tag:yaml.org,2002:python",
		"typenamehandling", "objectdataprovider", "system.windows.data", "c__builtin__", "cos\nsystem", "cposix\nsystem", "_$$nd_func$$_", "<java.beans.xmldecoder",
		"<object class=\"java.", "<java version=", "ysoserial", "commons.collections.functors", "dynamic-proxy", "templatesimpl", "jdbcrowsetimpl", "com.sun.org.apache",
		"org.apache.commons.collections", "binaryformatter", "losformatter") || jsonType(t)
}

var javaObject = []byte{0xac, 0xed, 0, 5}

// pickled tells whether v is Python's pickle in base64: a protocol of 2 to 5.
func pickled(v []byte) bool {
	return len(v) > 16 && (hasPrefix(v, "gASV") || hasPrefix(v, "gAWV") || hasPrefix(v, "gAJj") || hasPrefix(v, "gANj"))
}

// phpObject finds O:8:"name":1:{ and C:8:"name":.
func phpObject(v []byte) bool {
	for from := 0; ; {
		n := index(v[from:], ":\"")
		if n < 0 {
			return false
		}
		at := from + n
		from = at + 2
		i := at
		for i > 0 && isDigit(v[i-1]) {
			i--
		}
		if i == at || i < 2 || v[i-1] != ':' || v[i-2] != 'o' && v[i-2] != 'c' || i > 2 && isWord(v[i-3]) {
			continue
		}
		name := leading(v[from:], func(c byte) bool { return isWord(c) || c == '\\' })
		if rest := v[from+len(name):]; len(rest) > 2 && rest[0] == '"' && rest[1] == ':' && isDigit(rest[2]) {
			return true
		}
	}
}

// jsonType finds the name of a class that a document wants to be.
func jsonType(t *text) bool {
	for _, key := range [...]string{"\"@type\"", "\"$type\"", "\"@class\""} {
		n := t.index(key)
		if n < 0 {
			continue
		}
		value := skip(t.low[n+len(key):], func(c byte) bool { return isSpace(c) || c == ':' || c == '"' || c == '[' })
		for _, root := range [...]string{"java.", "javax.", "com.sun.", "org.apache.", "org.springframework.", "com.mchange.", "system.", "l"} {
			if hasPrefix(value, root) && root != "l" || root == "l" && hasPrefix(value, "lcom.sun.") {
				return true
			}
		}
	}
	return false
}
