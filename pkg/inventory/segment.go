package inventory

import "bytes"

// cutSegment takes the first segment off a path; empty segments are passed
// over. The segment is empty at the path's end.
func cutSegment(path []byte) (seg, rest []byte) {
	for len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	if i := bytes.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, nil
}

// formOf gives the form of a segment below a parent.
func formOf(seg []byte, parent key) form {
	switch {
	case isFixed(seg):
		return form{class: fixed, name: seg}
	case isSimple(seg):
		return form{name: seg}
	case isVersion(seg), isBareVersion(seg, parent):
		return form{class: versions, name: seg}
	case isNumber(seg):
		return form{kind: numberShape(seg)} // what all that follows comes to
	}
	if i := bytes.IndexByte(seg, ';'); i > 0 {
		return formOf(seg[:i], parent) // "/cart;jsessionid=…"
	}
	stem, c := splitExtension(seg)
	if k := shapeOf(stem); k != word {
		return form{kind: k, class: c}
	}
	return form{class: c, name: seg}
}

// isSimple tells words that need no closer look, as most are.
func isSimple(seg []byte) bool {
	for _, c := range seg {
		if (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(seg) < ofOneBlock
}

// isNumber tells ids, as most of the other segments are.
func isNumber(seg []byte) bool {
	for _, c := range seg {
		if !isDigit(c) {
			return false
		}
	}
	return len(seg) > 0
}

// isBareVersion tells the "2" of "/api/2" and the "2.0" of "/rest/2.0".
func isBareVersion(seg []byte, parent key) bool {
	if len(seg) > len("2.0") || parent.kind != word || parent.name != "api" && parent.name != "rest" {
		return false
	}
	switch len(seg) {
	case 1:
		return isDigit(seg[0])
	case len("2.0"):
		return isDigit(seg[0]) && seg[1] == '.' && isDigit(seg[2])
	}
	return false
}

// isFixed tells words that mean the same on every site. They stay words and
// do not count towards a position's variety, so the list must be short.
func isFixed(seg []byte) bool {
	switch string(seg) {
	case "api", "rest", "graphql", "static", "assets", "public", "login", "logout", "health", "healthz", "metrics",
		"favicon.ico", "robots.txt", "sitemap.xml", "index.html", "index.php", ".well-known":
		return true
	}
	return false
}
