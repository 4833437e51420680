package block

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/zeebo/xxh3"
)

// Meets tells whether a request has all that the target asks for. keys are
// those under which the target's secrets may be hashed.
func (t Target) Meets(r *Request, keys []MatchKey) bool {
	if t.prefix.IsValid() && !t.prefix.Contains(r.Client.Unmap().WithZone("")) {
		return false
	}
	for rest := t.rest; rest != ""; {
		var c Criterion
		c, rest = cutCriterion(rest)
		if !c.meets(r, keys) {
			return false
		}
	}
	return t.valid()
}

func (c Criterion) meets(r *Request, keys []MatchKey) bool {
	switch v := r.value(c.Scope); {
	case c.Scope == ScopeRoute:
		return routeMatches(c.Value, r.Method, r.Path)
	case v == "":
		return false
	case c.Scope == ScopeUserAgent:
		return v[:min(len(v), MaxValue)] == c.Value
	case !c.Scope.Secret():
		return v == c.Value
	default:
		return hashed(c, v, keys)
	}
}

func hashed(c Criterion, v string, keys []MatchKey) bool {
	for _, k := range keys {
		if strings.HasPrefix(c.Value, k.ID) && k.Hash(c.Scope, v) == c.Value {
			return true
		}
	}
	return false
}

// meet takes one more entry that the request meets into account.
func (d *Decision) meet(t Target, e *Entry, r *Request) {
	enforced := e.Mode == Enforce || e.Mode == Canary && chosen(e, r)
	if e.Action == Flag && enforced {
		if d.Flag.ID == 0 {
			d.Flag = Mark{e.ID, e.Terms}
		}
	}
	mode := Shadow
	if enforced {
		mode = Enforce
	}
	next := Decision{ID: e.ID, Action: e.Action, Terms: e.Terms, Mode: mode, Found: true, specific: t.specific()}
	if next.wins(d) {
		next.Flag = d.Flag
		if next.Action == Throttle {
			next.Bucket.Block = e.ID
			if e.Terms != nil && e.Terms.Each {
				next.Bucket.Client = r.Client
			}
		}
		*d = next
	}
}

// wins tells whether a decision stands before another.
func (d *Decision) wins(other *Decision) bool {
	switch {
	case !other.Found:
		return true
	case (d.Mode == Enforce) != (other.Mode == Enforce):
		return d.Mode == Enforce
	case d.Action != other.Action:
		return d.Action.Stronger(other.Action)
	case d.specific != other.specific:
		return d.specific > other.specific
	default:
		return d.ID < other.ID // the same whoever looks in whatever order
	}
}

// merge takes what another segment's set says into account.
func (d *Decision) merge(other *Decision) {
	flag := d.Flag
	if flag.ID == 0 {
		flag = other.Flag
	}
	if other.Found && other.wins(d) {
		*d = *other
	}
	d.Flag = flag
}

// specific orders targets by how little they match: more criteria first, then
// longer prefixes.
func (t Target) specific() uint16 {
	n := uint16(0)
	for rest := t.rest; rest != ""; n++ {
		_, rest = cutCriterion(rest)
	}
	if t.prefix.IsValid() {
		return n<<8 + 256 + uint16(t.prefix.Bits())
	}
	return n << 8
}

// chosen tells whether a request's client is of the share on which a block in
// canary is acted on. The same client is always on the same side.
func chosen(e *Entry, r *Request) bool {
	return Share(e.ID, r.Client, r.User) < e.Percent
}

// Share gives a client's place from 0 to 99 in the canary of a block: the
// same for the same client and block, and spread evenly over clients. A
// client is known by its user where there is one.
func Share(id ID, client netip.Addr, user string) uint8 {
	var buf [24]byte
	binary.LittleEndian.PutUint64(buf[:], uint64(id))
	if user != "" {
		binary.LittleEndian.PutUint64(buf[8:], xxh3.HashString(user))
	} else {
		a := client.Unmap().As16()
		copy(buf[8:], a[:])
	}
	return uint8(xxh3.Hash(buf[:]) % 100)
}

// fingerprint is one block's share in a set's hash.
func fingerprint(t Target, e *Entry) uint64 {
	var room [96]byte
	buf := t.appendBinary(room[:0])
	buf = append(buf, byte(e.Action), byte(e.Mode), e.Percent)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(e.ID))
	buf = binary.LittleEndian.AppendUint64(buf, e.Revision)
	buf = e.Terms.appendBinary(buf)
	return xxh3.Hash(buf)
}
