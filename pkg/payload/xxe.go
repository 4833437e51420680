package payload

// xxe finds document types with entities, and includes of XML.
func xxe(t *text) bool {
	if t.has("<!entity", "<!element", "<xi:include", "%xxe;", "&xxe;", "<!attlist") {
		return true
	}
	n := t.index("<!doctype")
	return n >= 0 && (index(t.low[n:], "[") > 0 || wordIndex(t.low[n:], "system") > 0)
}
