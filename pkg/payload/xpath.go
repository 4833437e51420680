package payload

// xpath finds functions and axes of XPath behind a quote, a bracket or a number
// that was left.
func xpath(t *text) bool {
	if !breaksOut(t) && !t.has("']", "\"]", "|//", "| //", "] |") {
		return false
	}
	if t.starts("'", "\"") && t.has("contains(", "starts-with(") {
		return true
	}
	return t.has("count(/", "count(//", "string-length(name(", "string-length(/", "string-length(//", "substring(name(", "substring(//",
		"substring((//", "name(/*", "name(//", "name(parent", "/child::", "/parent::", "/ancestor::", "/ancestor-or-self::", "/descendant::",
		"following-sibling::", "preceding-sibling::", "/text()", "node()", "|//", "| //", "position()=", "position() =", "name()='",
		"name()=\"", "doc('http", "doc(concat(", "contains(name(", "codepoints-to-string(", "last()-1", "]/@", "//*", "/*[1]")
}
