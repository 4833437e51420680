package agent

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Link is the agent's connection with the service: the bus, or HTTP where the
// bus cannot be reached. All methods may be called at the same time.
type Link interface {
	// Follow keeps f in step with the service until ctx ends, over any number
	// of lost connections. It returns early only with an error that no
	// waiting mends: a credential that was refused or revoked.
	Follow(ctx context.Context, f block.Follower) error
	// Report tells what is enforced. It may be lost; the next one stands for it.
	Report(ctx context.Context, r block.Report) error
	// Touch tells of a decoy touched in the request path. It returns when the
	// service has it durably.
	Touch(ctx context.Context, f finding.Finding) error
	// Orders lists the retries of quarantined records above a number that this
	// agent was asked for, lowest first.
	Orders(ctx context.Context, after uint64) ([]block.RetryOrder, error)
	// Retried tells what became of one. It returns when the service has it.
	Retried(ctx context.Context, r block.RetryResult) error
	// Publisher ships the gateway's logs.
	ingest.Publisher
}
