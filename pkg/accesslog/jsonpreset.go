package accesslog

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newPreset makes the parser of a gateway's own JSON format.
func newPreset(o Options, d jsonDialect) (Parser, error) {
	p, err := newJSONDialect(o, d)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// headerPlaces lists the request headers that the schema has columns for. at
// tells where the log has the header of a name.
func headerPlaces(at func(name string) (pointer string)) []place {
	var all []place
	for _, h := range [...]struct{ field, header string }{
		{"user_agent", "User-Agent"}, {"referer", "Referer"}, {"host", "Host"}, {"content_type", "Content-Type"},
		{"forwarded_for", "X-Forwarded-For"}, {"forwarded_for", "Forwarded"},
		{authorizationKey, "Authorization"}, {cookieKey, "Cookie"},
		{keyKey, "X-Api-Key"}, {keyKey, "Api-Key"}, {keyKey, "Apikey"},
	} {
		all = append(all, place{h.field, at(h.header), ""})
	}
	return all
}

// lowerIn gives pointers to headers in lower case, as nginx's Lua writes them.
func lowerIn(prefix string) func(string) string {
	return func(name string) string { return prefix + escapeStep(strings.ToLower(name)) }
}

// titledIn gives pointers to headers as Go writes them: "Cf-Connecting-Ip".
func titledIn(prefix string) func(string) string {
	return func(name string) string {
		words := strings.Split(strings.ToLower(name), "-")
		for i, w := range words {
			if w != "" {
				words[i] = strings.ToUpper(w[:1]) + w[1:]
			}
		}
		return prefix + escapeStep(strings.Join(words, "-"))
	}
}

func escapeStep(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// forget makes a text of the row unknown if it is how the gateway writes that.
func (p *jsonLog) forget(f event.TextField, unknown ...string) {
	v := p.Text(f, p.Rows())
	for _, u := range unknown {
		if string(v) == u {
			p.SetText(f, nil)
			return
		}
	}
}

// ownForwarded is for gateways that name the client by their own lights, from
// a header if there is one and else the peer: when it is the peer, no header
// was there.
func (s *sink) ownForwarded() {
	if a, ok := parseAddr(s.Text(event.ForwardedFor, s.Rows())); ok && a == s.callers.peer {
		s.SetText(event.ForwardedFor, nil)
	}
}
