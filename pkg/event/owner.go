package event

import "bytes"

// ownerTag begins the tag of an endpoint that names the team that answers for
// it: "owner:payments".
var ownerTag = []byte("owner:")

// Owner is the team that tags name, as they stand in the column Tags; empty
// without one. It is part of tags.
func Owner(tags []byte) []byte {
	for len(tags) > 0 {
		var tag []byte
		tag, tags, _ = bytes.Cut(tags, []byte{','})
		if team, ok := bytes.CutPrefix(bytes.TrimSpace(tag), ownerTag); ok {
			return bytes.TrimSpace(team)
		}
	}
	return nil
}
