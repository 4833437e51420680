package respond

import (
	"context"
	"time"
)

// maxAudit is how many entries are kept in memory; the store keeps all.
const maxAudit = 2_000

// AuditEntry is one thing that somebody did, or was refused.
type AuditEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Role    string    `json:"role,omitempty"`
	Address string    `json:"address,omitempty"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail,omitempty"` // JSON
	Outcome string    `json:"outcome"`
}

// Audited records what a caller did elsewhere, and returns when it is durable.
func (s *Service) Audited(ctx context.Context, by Caller, action, subject, outcome string, detail any) error {
	var w rowWriter
	s.auditRow(&w, by, action, subject, outcome, detail)
	return s.record(ctx, w.rows)
}

func (s *Service) auditRow(w *rowWriter, by Caller, action, subject, outcome string, detail any) {
	row := rowOfAudit(by, action, subject, outcome, detail, s.now(), s.counts.audited.Add(1))
	w.add(AuditLog, row)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.audit = appendBounded(s.audit, AuditEntry(row), maxAudit)
	s.touch()
}
