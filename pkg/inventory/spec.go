package inventory

import "strings"

// Spec is one OpenAPI document, cut down to what tells routes apart.
type Spec struct {
	API       string // the title in lower case, its words joined by "-"
	Title     string // as written
	Endpoints []Endpoint
}

// Endpoint is a path of a document with the operations on it.
type Endpoint struct {
	Hosts      []string // names in lower case, "{parameter}" for a part of any text; none = every host
	Template   string   // base path and path, "/v1/users/{id}"
	Operations []Operation
}

// Operation is a method on an endpoint.
type Operation struct {
	Method string // "GET"
	ID     string // operationId; may be empty
	Tags   []string
}

// apiName makes a name from a title. A title without letters and digits gives
// an empty one.
func apiName(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r < 0x80
	})
	return strings.Join(words, "-")
}
