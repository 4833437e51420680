package block

import (
	"slices"
	"strings"
)

// uses counts what the lists of an index are filed under, so that a request
// is not asked for what no entry is about. A copy of the struct is a version
// of its own.
type uses struct {
	scopes  uint16 // a bit for each code that is in use
	entries [len(scopes)]int
	keys    []keyUse // of the entries under secrets; shared by versions
}

// keyUse is how many entries are filed under the hashes of a scope's values
// by a match key.
type keyUse struct {
	code    byte
	key     string // id of the MatchKey
	entries int
}

// The bits of routes and of addresses.
const (
	routeScope   = 1 << codeRoute
	addressScope = 1 << codeAddress
)

func (u *uses) count(d drawer, n int) {
	u.entries[d.code] += n
	if u.entries[d.code] > 0 {
		u.scopes |= 1 << d.code
	} else {
		u.scopes &^= 1 << d.code
	}
	if scopes[d.code].Secret() {
		u.countKey(d.code, d.value[:matchIDSize], n)
	}
}

func (u *uses) countKey(code byte, key string, n int) {
	i := slices.IndexFunc(u.keys, func(k keyUse) bool { return k.code == code && k.key == key })
	if i < 0 {
		u.keys = append(slices.Clip(u.keys), keyUse{code, strings.Clone(key), n})
		return
	}
	u.keys = slices.Clone(u.keys)
	if u.keys[i].entries += n; u.keys[i].entries == 0 {
		u.keys = slices.Delete(u.keys, i, i+1)
	}
}

// hasKey tells whether an entry is filed under a secret hashed by a key.
func (u *uses) hasKey(code byte, key string) bool {
	for i := range u.keys {
		if u.keys[i].code == code && u.keys[i].key == key {
			return true
		}
	}
	return false
}
