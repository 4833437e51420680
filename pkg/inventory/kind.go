package inventory

// kind is what stands at one position of a template: a word, or one of a
// closed set of parameters.
type kind uint8

const (
	word kind = iota // the segment itself
	id
	uuid
	ulid
	hash
	date
	ip
	email
	opaque
	version
	text
	slug
	kinds // count
)

var kindNames = [kinds]string{
	"", "{id}", "{uuid}", "{ulid}", "{hash}", "{date}", "{ip}", "{email}", "{token}", "{version}", "{text}", "{slug}",
}

// Tails of paths that leave the tree, by the kind of the segment that does:
// with nothing after it, and with more.
var (
	lastTails = [kinds]string{
		unknownTail, "/{id}", "/{uuid}", "/{ulid}", "/{hash}", "/{date}", "/{ip}", "/{email}", "/{token}",
		"/{version}", "/{text}", "/{slug}",
	}
	innerTails = [kinds]string{
		unknownTail, "/{id}/{unknown}", "/{uuid}/{unknown}", "/{ulid}/{unknown}", "/{hash}/{unknown}",
		"/{date}/{unknown}", "/{ip}/{unknown}", "/{email}/{unknown}", "/{token}/{unknown}",
		"/{version}/{unknown}", "/{text}/{unknown}", "/{slug}/{unknown}",
	}
)

const (
	unknownTail = "/{unknown}"
	otherTail   = "/{other}"
)

// class divides the words at one position: each class becomes variable by
// itself, so that a folder of pictures does not swallow the pages beside it.
type class uint8

const (
	plain      class = iota
	versions         // "v2"
	fixed            // the same on every site: never becomes variable
	extensions       // the first of the known file extensions
)

// key tells the children of a node apart.
type key struct {
	kind  kind
	class class
	name  string // of a word
}

// piece is what the key adds to a template, without the slash.
func (k key) piece() string {
	if k.kind == word {
		return k.name
	}
	return kindNames[k.kind] + k.class.suffix()
}

// variable is the key that words of a class have once it is variable.
func (c class) variable() key {
	if c == versions {
		return key{kind: version}
	}
	return key{kind: slug, class: c}
}

// form is the key of a segment of a path, its name still lying there.
type form struct {
	kind  kind
	class class
	name  []byte
}

// compare orders k against f.
func (k key) compare(f form) int {
	switch {
	case k.kind != f.kind:
		return int(k.kind) - int(f.kind)
	case k.class != f.class:
		return int(k.class) - int(f.class)
	case k.name == string(f.name):
		return 0
	case k.name < string(f.name):
		return -1
	}
	return 1
}
