package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Errors of this package.
var (
	// ErrAway: the bus, or the service behind it, does not answer. Nothing is
	// known about what was asked; asking again may help.
	ErrAway = errors.New("the bus is away")
	// ErrRefused: the agent's name or secret is not (or no longer) accepted.
	// Waiting does not help: the agent has to be enrolled again.
	ErrRefused = errors.New("the service refuses this agent's credential; enroll it again")
	// ErrLeaseLost: another service has, or may have, taken over.
	ErrLeaseLost = errors.New("the lease is lost")
	// ErrName: an agent's name that is taken or cannot be one.
	ErrName = errors.New("agent name cannot be used")
	// ErrToken: an enrolment token that is unknown, used or out of date.
	ErrToken = errors.New("enrolment token is unknown, used or out of date")
)

// Codes of the server's errors.
const (
	codeStoreFailed   jetstream.ErrorCode = 10077 // the stream's budget is used up
	codeWrongSequence jetstream.ErrorCode = 10071 // fenced
	codeTooLarge      jetstream.ErrorCode = 10054 // larger than the stream's messages may be
	codeResources     jetstream.ErrorCode = 10023 // no disk for the account
	codeStorage       jetstream.ErrorCode = 10047 // no disk for the server
)

// publishError translates what the server said about a publish into the
// errors that the ports declare.
func publishError(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api):
		return apiError(api)
	case errors.Is(err, nats.ErrMaxPayload):
		return ingest.ErrTooLarge
	case transient(err):
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

func apiError(err *jetstream.APIError) error {
	switch err.ErrorCode {
	case codeWrongSequence:
		return fmt.Errorf("%w: %w", ingest.ErrFenced, err)
	case codeStoreFailed, codeResources, codeStorage:
		return fmt.Errorf("%w: %w", ingest.ErrFull, err)
	case codeTooLarge:
		return fmt.Errorf("%w: %w", ingest.ErrTooLarge, err)
	}
	return err
}

// transient tells whether an error may go away by waiting.
func transient(err error) bool {
	for _, t := range []error{
		nats.ErrNoResponders, nats.ErrTimeout, nats.ErrConnectionReconnecting, nats.ErrDisconnected,
		nats.ErrConnectionClosed, nats.ErrReconnectBufExceeded, nats.ErrNoServers,
		jetstream.ErrNoStreamResponse, jetstream.ErrJetStreamNotEnabled, context.DeadlineExceeded,
	} {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

func fenced(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeWrongSequence
}
