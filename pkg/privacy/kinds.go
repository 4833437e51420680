package privacy

// Kinds is a set of kinds of sensitive data.
type Kinds uint32

// The kinds that are always there. Custom patterns have the bits above, in
// their order.
const (
	KindToken      Kinds = 1 << iota // bearer tokens, OAuth codes, access tokens
	KindPassword                     // passwords, one-time codes, credentials in URLs
	KindKey                          // API keys, signatures, private keys
	KindJWT                          // JSON web tokens, found by shape
	KindSession                      // session ids
	KindEmail                        // e-mail addresses
	KindCard                         // payment cards
	KindPhone                        // telephone numbers
	KindNationalID                   // numbers of persons and of bank accounts

	builtinKinds = 9
	maxCustom    = 32 - builtinKinds
)

func builtinNames() []string {
	return []string{"token", "password", "key", "jwt", "session", "email", "card", "phone", "national_id"}
}

// named is a kind with its name.
type named struct {
	name string
	kind Kinds
}

// Names lists the names of a set, sorted.
func (m *Masker) Names(k Kinds) []string {
	var names []string
	for _, n := range m.sorted {
		if k&n.kind != 0 {
			names = append(names, n.name)
		}
	}
	return names
}
