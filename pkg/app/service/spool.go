package service

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/erase"
)

// spool takes a subject out of the raw bytes that the service has in
// quarantine. Those of agents stay on their hosts.
func (e *erasure) spool(_ context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	found, left, err := e.quarantine.Forget(subject.InText)
	return []erase.Outcome{{
		Place: "quarantine", Found: uint64(found), Left: uint64(left), Note: "raw bytes on this host; an agent's are on its own",
	}}, err
}
