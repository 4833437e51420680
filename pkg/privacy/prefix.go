package privacy

import "bytes"

// prefix is how keys of one maker begin.
type prefix struct {
	literal string
	trigger int // index of the letter at which the scan stops
	tail    int // characters after the literal, at least
	in      func(byte) bool
	kind    int
}

// keyPrefixes are the prefixes that makers gave their keys so that they are
// found where they do not belong. hm_ is honeymoat's own.
func keyPrefixes() []prefix {
	var all []prefix
	put := func(kind, tail int, in func(byte) bool, literals ...string) {
		for _, l := range literals {
			all = append(all, prefix{l, len(l) - 1, tail, in, kind})
		}
	}
	put(asToken, 36, isAlnum, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_")
	put(asToken, 22, inBase64URL, "github_pat_")
	put(asToken, 43, inBase64URL, "hm_")
	put(asToken, 20, inBase64URL, "glpat-", "glrt-", "gldt-", "glptt-")
	put(asToken, 10, inBase64URL, "xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-")
	put(asToken, 30, isAlnum, "hf_", "dop_v1_", "shpat_", "shpss_")
	put(asToken, 30, inBase64URL, "glsa_")
	put(asKey, 10, isAlnum, "sk_live_", "sk_test_", "rk_live_", "rk_test_")
	put(asKey, 24, isAlnum, "whsec_")
	put(asKey, 24, inBase64URL, "sk-ant-", "sk-proj-")
	return append(all,
		prefix{"AKIA", 2, 16, isAlnum, asKey}, prefix{"ASIA", 2, 16, isAlnum, asKey},
		prefix{"AIza", 1, 35, inBase64URL, asKey},
		prefix{"SG.", 1, 60, func(c byte) bool { return inBase64URL(c) || c == '.' }, asKey},
	)
}

// pairs says which bytes stand before which triggers.
type pairs struct {
	bit    [256]uint8 // of a trigger
	before [256]uint8 // bits of the triggers that may follow
}

func pairsOf(prefixes []prefix) *pairs {
	p := &pairs{}
	next := uint8(1)
	for _, x := range prefixes {
		trigger, before := x.literal[x.trigger], x.literal[x.trigger-1]
		if p.bit[trigger] == 0 {
			p.bit[trigger], next = next, next<<1
		}
		p.before[before] |= p.bit[trigger]
	}
	return p
}

func (p *pairs) has(before, trigger byte) bool { return p.before[before]&p.bit[trigger] != 0 }

// prefix looks for a key of which one letter of the prefix is in[i].
func (s *scan) prefix(i int) int {
	v := s.in
	if v[i] == '-' && i+1 < len(v) && v[i+1] == '-' {
		return s.pem(i)
	}
	if i == 0 || !s.m.pairs.has(v[i-1], v[i]) {
		return i + 1
	}
	for j := range s.m.prefixes {
		p := &s.m.prefixes[j]
		from := i - p.trigger
		if p.literal[p.trigger] != v[i] || p.literal[p.trigger-1] != v[i-1] || from < s.floor || !bytes.HasPrefix(v[from:], []byte(p.literal)) || !s.edge(from) {
			continue
		}
		tail := from + len(p.literal)
		if n := run(v[tail:], p.in); n >= p.tail {
			s.replace(from, tail+n, p.kind)
			return tail + n
		}
	}
	return i + 1
}

// pem looks for a private key at in[i]: it goes to its end, or that of the
// text.
func (s *scan) pem(i int) int {
	const begin, private, end, dashes = "-----BEGIN", "PRIVATE", "-----END", "-----"
	v := s.in[i:]
	if escaped := i >= s.floor+2 && s.in[i-2] == '\\'; !escaped && !s.edge(i) || !bytes.HasPrefix(v, []byte(begin)) || !bytes.Contains(v[:min(len(v), 40)], []byte(private)) {
		return i + run(v, func(c byte) bool { return c == '-' })
	}
	n := len(v)
	if at := bytes.Index(v, []byte(end)); at >= 0 {
		at += len(end)
		if rest := bytes.Index(v[at:], []byte(dashes)); rest >= 0 {
			n = at + rest + len(dashes)
		}
	}
	s.replace(i, i+n, asKey)
	return i + n
}
