package detect

import (
	"cmp"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// principals are the columns that name who is behind a request, the one that
// means fewest people first.
var principals = [...]struct {
	kind  finding.ActorKind
	field event.TextField
}{
	{finding.User, event.User}, {finding.Token, event.Principal}, {finding.Session, event.Session}, {finding.Application, event.Application},
}

// principal is who the row says is behind its client; zero when it does not.
func (s *scan) principal(row int) finding.Actor {
	for _, p := range principals {
		if v := s.batch.Text(p.field, row); len(v) > 0 {
			a := finding.Actor{Kind: p.kind, Value: string(v)}
			if p.field == event.Principal && string(s.batch.Text(event.PrincipalKind, row)) == string(finding.Key) {
				a.Kind = finding.Key
			}
			return a
		}
	}
	return finding.Actor{}
}

// tell adds a finding to the result: with who is behind its actor and what
// agents call both, then without what nobody may keep. row is the record that
// it is about, or noRow; scopes are what of the record is to be blocked, none
// the actor.
func (s *scan) tell(f finding.Finding, scopes []block.Scope, row int) {
	if row >= 0 {
		f.API, f.Owner = string(s.batch.Text(event.API, row)), string(event.Owner(s.batch.Text(event.Tags, row)))
		if isAddress(f.Actor) {
			f.Principal = s.principal(row)
		}
	}
	criteria := s.criteria(&f, scopes, row)
	if len(scopes) > 0 {
		f.Wanted.Target = s.detector.targetText(criteria, cmp.Or(f.Segment, block.All))
	}
	s.begin(&f, criteria)
	s.out.Findings = append(s.out.Findings, s.detector.named(f))
}

func isAddress(a finding.Actor) bool { return a.Kind == finding.Address || a.Kind == finding.Prefix }

// named gives a finding the names of whom it is about, and masks it.
func (d *Detector) named(f finding.Finding) finding.Finding {
	actor, principal := f.Actor, f.Principal
	for _, a := range []finding.Actor{actor, principal} {
		f.Names = d.appendNames(f.Names, a, block.All)
		if f.Segment != "" && f.Segment != block.All {
			f.Names = d.appendNames(f.Names, a, f.Segment)
		}
	}
	if t := d.options.Traffic; t != nil {
		for _, n := range f.Names {
			t.Know(n.Value, n.Actor)
		}
	}
	f = d.masked(f)
	if t := d.options.Traffic; t != nil {
		t.Know(f.Actor.Value, actor)
		t.Know(f.Principal.Value, principal)
	}
	return f
}

func (d *Detector) appendNames(names []finding.Name, a finding.Actor, segment string) []finding.Name {
	if !block.Scope(a.Kind).Secret() || a.Value == "" {
		return names
	}
	if v := d.options.Names(segment, a); v != "" {
		names = append(names, finding.Name{Actor: a, Segment: segment, Value: v})
	}
	return names
}
