package privacy

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Finding masks the texts of a finding and applies the field's policy to its
// actors that are users, applications, sessions, keys or tokens, also where
// their names are told; of one that is dropped the kind is left, and no name. Addresses stay: they are what is blocked.
// The id stays too: it says nothing, and must be that of other sightings.
func (m *Masker) Finding(f *finding.Finding) {
	for _, text := range []*string{&f.Title, &f.Reason, &f.Sighting.Path, &f.Sighting.UserAgent} {
		*text = m.String(*text)
	}
	f.Names = slices.DeleteFunc(f.Names, func(n finding.Name) bool { return m.actorPolicy(n.Actor.Kind) == Drop })
	for i := range f.Names {
		m.actor(&f.Names[i].Actor)
	}
	m.actor(&f.Actor)
	if m.actor(&f.Principal); m.actorPolicy(f.Principal.Kind) == Drop {
		f.Principal = finding.Actor{}
	}
	f.Statistic = m.statistic(f.Statistic)
}

// statistic gives a copy whose parts name nobody who must not be named.
func (m *Masker) statistic(s *finding.Statistic) *finding.Statistic {
	if s == nil {
		return nil
	}
	masked := *s
	masked.Series, masked.Parts = m.String(s.Series), slices.Clone(s.Parts)
	for i := range masked.Parts {
		p := &masked.Parts[i]
		a := finding.Actor{Kind: finding.ActorKind(p.Kind), Value: p.Value}
		m.actor(&a)
		p.Value = m.String(a.Value)
	}
	return &masked
}

func (m *Masker) actor(a *finding.Actor) {
	switch m.actorPolicy(a.Kind) {
	case Hash:
		if a.Value != "" && !IsHash([]byte(a.Value)) {
			a.Value = m.keys.Hash(string(a.Kind), a.Value)
		}
	case Drop:
		a.Value = "[" + string(a.Kind) + "]"
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
