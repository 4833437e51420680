package privacy

import (
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Finding masks the texts of a finding and applies the field's policy to an
// actor that is a user, an application, a session, a key or a token; of one
// that is dropped the kind is left. Addresses stay: they are what is blocked.
// The id stays too: it says nothing, and must be that of other sightings.
func (m *Masker) Finding(f *finding.Finding) {
	for _, text := range []*string{&f.Title, &f.Reason, &f.Sighting.Path, &f.Sighting.UserAgent} {
		*text = m.String(*text)
	}
	kind := string(f.Actor.Kind)
	switch m.actorPolicy(f.Actor.Kind) {
	case Hash:
		if !IsHash([]byte(f.Actor.Value)) {
			f.Actor.Value = m.keys.Hash(kind, f.Actor.Value)
		}
	case Drop:
		f.Actor.Value = "[" + kind + "]"
	}
}

func (m *Masker) actorPolicy(kind finding.ActorKind) Policy {
	switch kind {
	case finding.User:
		return m.fields[event.User]
	case finding.Application:
		return m.fields[event.Application]
	case finding.Session:
		return m.fields[event.Session]
	case finding.Key, finding.Token:
		return m.fields[event.Principal]
	}
	return Clear
}
