package lists

import (
	"crypto/sha1"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// indicator is a STIX 2.1 indicator (section 4.7 of the standard), its
// properties as far as a block has them.
type indicator struct {
	Type           string   `json:"type"`
	SpecVersion    string   `json:"spec_version"`
	ID             string   `json:"id"`
	Created        string   `json:"created"`
	Modified       string   `json:"modified"`
	Name           string   `json:"name"`
	Description    string   `json:"description,omitempty"`
	IndicatorTypes []string `json:"indicator_types"`
	Pattern        string   `json:"pattern"`
	PatternType    string   `json:"pattern_type"`
	ValidFrom      string   `json:"valid_from"`
	ValidUntil     string   `json:"valid_until"`
}

// stamp is the format of timestamps in STIX.
const stamp = "2006-01-02T15:04:05.000Z"

// stix writes a bundle of indicators: of blocks that are enforced, and that a
// pattern of STIX can say without secrets. Lists are never empty in STIX: a
// bundle of nothing has no objects.
func (l *list) stix(w io.Writer, state string) error {
	if _, err := fmt.Fprintf(w, "{\"type\":\"bundle\",\"id\":\"bundle--%s\"", uuid("bundle", l.segment, state)); err != nil {
		return err
	}
	opening, end := ",\"objects\":[", ""
	for _, b := range l.blocks {
		pattern, ok := patternOf(b, l.exempt)
		if !ok {
			continue
		}
		if err := element(w, opening, indicatorOf(b, pattern)); err != nil {
			return err
		}
		opening, end = ",", "\n]"
	}
	_, err := io.WriteString(w, end+"}\n")
	return err
}

func indicatorOf(b *block.Block, pattern string) indicator {
	made := b.CreatedAt.UTC().Format(stamp)
	// A block lasts a second at least, so it is valid until after it was made.
	return indicator{
		Type: "indicator", SpecVersion: "2.1", ID: "indicator--" + uuid("indicator", b.ID.String()),
		Created: made, Modified: made, Name: b.Target.String(), Description: b.Reason,
		IndicatorTypes: []string{"malicious-activity"}, Pattern: pattern, PatternType: "stix",
		ValidFrom: made, ValidUntil: b.ExpiresAt().UTC().Format(stamp),
	}
}

// patternOf says a block's target as a pattern, cut around exempt addresses.
func patternOf(b *block.Block, exempt *block.Allowlist) (pattern string, ok bool) {
	if b.Mode != block.Enforce || b.Target.Exemption() {
		return "", false
	}
	var parts []string
	for _, c := range b.Target.Criteria() {
		part := ""
		if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
			part = addresses(block.Around(b.Target.Prefix(), exempt), len(b.Target.Criteria()) > 1)
		} else {
			part = comparison(c)
		}
		if part == "" {
			return "", false
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " AND "), true
}

// addresses says that an address is in one of the prefixes; "" for none.
func addresses(prefixes []netip.Prefix, inner bool) string {
	parts := make([]string, 0, len(prefixes))
	for _, p := range prefixes {
		object := "ipv6-addr"
		if p.Addr().Is4() {
			object = "ipv4-addr"
		}
		if p.IsSingleIP() {
			parts = append(parts, "["+object+":value = '"+p.Addr().String()+"']")
		} else {
			parts = append(parts, "["+object+":value ISSUBSET '"+p.String()+"']")
		}
	}
	one := strings.Join(parts, " OR ")
	if inner && len(parts) > 1 {
		return "(" + one + ")"
	}
	return one
}

// comparison says a criterion that is not about addresses; "" where STIX has no
// word for it.
func comparison(c block.Criterion) string {
	switch c.Scope {
	case block.ScopeNetwork:
		return fmt.Sprintf("[autonomous-system:number = %s]", strings.TrimPrefix(c.Value, "AS"))
	case block.ScopeUserAgent:
		return fmt.Sprintf("[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = %s]", quoted(c.Value))
	default:
		return ""
	}
}

// quoted is a string literal of the pattern language.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// namespace is that of URLs (RFC 9562, section 6.6), in which our identifiers
// are made.
var namespace = [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}

// uuid is the version-5 UUID of some text: the same for the same text.
func uuid(parts ...string) string {
	h := sha1.New() // version 5 is made of it; nothing is protected by it
	_, _ = h.Write(namespace[:])
	_, _ = io.WriteString(h, "https://github.com/honeymoat/honeymoat#"+strings.Join(parts, "/"))
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
