package auth

import "fmt"

// Role is what a token may do. Of viewer, analyst and admin each may do what
// the ones before it may. Ingest and Bouncer stand beside them, since their
// tokens lie in the configuration of gateways: the one may push logs, the other
// fetch blocks, and neither may do anything else.
type Role uint8

// The roles. The zero Role may do nothing.
const (
	Viewer  Role = iota + 1 // read everything
	Analyst                 // block, unblock, discard
	Admin                   // enrol and revoke agents, wide blocks
	Ingest                  // push logs, and nothing else
	Bouncer                 // fetch the blocks of some segments, and nothing else
)

var roleNames = [...]string{"none", Viewer: "viewer", Analyst: "analyst", Admin: "admin", Ingest: "ingest", Bouncer: "bouncer"}

// Roles lists the roles, those that include each other from the least to the
// most powerful.
func Roles() []Role { return []Role{Viewer, Analyst, Admin, Ingest, Bouncer} }

// Allows tells whether who has this role may do what needs the other.
func (r Role) Allows(need Role) bool {
	switch {
	case r == need:
		return true
	case need == Ingest:
		return r == Admin
	case need == Bouncer:
		return r == Viewer || r == Analyst || r == Admin
	case r == Ingest || r == Bouncer:
		return false
	}
	return r > need
}

// String is the role's name.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return roleNames[0]
}

// ParseRole is the inverse of String for the roles of Roles.
func ParseRole(s string) (Role, error) {
	for _, r := range Roles() {
		if r.String() == s {
			return r, nil
		}
	}
	return 0, fmt.Errorf("role %q: want viewer, analyst, admin, ingest or bouncer", s)
}

// MarshalText implements encoding.TextMarshaler.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Role) UnmarshalText(text []byte) error {
	parsed, err := ParseRole(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}
