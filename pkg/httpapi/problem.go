package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// kind is a type of problem: what is the same each time it happens.
type kind struct {
	name   string
	title  string
	status int
	hint   string
}

// The kinds of problems, which the OpenAPI document lists.
var (
	badRequest    = kind{"bad-request", "The request is malformed", 400, ""}
	badParameters = kind{"invalid-parameters", "Some parameters are wrong", 400, "See the list of invalid parameters, and /api/v1/openapi.json."}
	noToken       = kind{"no-token", "A token is needed", 401, "Send the header Authorization: Bearer TOKEN."}
	wrongToken    = kind{"wrong-token", "The token is not valid", 401, "Ask an administrator for a token, or look at the file that api.token_file names; one that was just added is known after a reload (SIGHUP)."}
	lowRole       = kind{"insufficient-role", "The token's role may not do this", 403, ""}
	refused       = kind{"refused-by-guard", "The guard refuses this block", 422, ""}
	notFound      = kind{"not-found", "There is no such thing", 404, ""}
	badMethod     = kind{"method-not-allowed", "This method is not for this path", 405, "See /api/v1/openapi.json."}
	conflict      = kind{"conflict", "This does not fit what is there", 409, ""}
	keyUsed       = kind{"idempotency-key-used", "The idempotency key was used for another request", 409, "Repeat a request with the same key only to learn what became of it; take a new key for another one."}
	grown         = kind{"grown", "It has grown since it was looked at", 409, ""}
	fenced        = kind{"fenced", "Somebody else has published this file", 409, "Ask for the file's mark and go on from there."}
	backtesting   = kind{"backtest-running", "Another backtest is running", 409, "One runs at a time: ask again when it has ended."}
	tooLarge      = kind{"too-large", "The body is too large", 413, ""}
	badMedia      = kind{"unsupported-media-type", "The body has another type than this path takes", 415, ""}
	tooMany       = kind{"too-many-attempts", "Too many wrong tokens from this address", 429, "Wait for as long as the header Retry-After says."}
	internal      = kind{"internal", "Something went wrong on our side", 500, "The log of the service has more under the id in instance."}
	unavailable   = kind{"unavailable", "A part of the service cannot answer now", 503, "See /readyz. Blocks go on being enforced meanwhile."}
	busy          = kind{"busy", "What was sent before still waits for the bus", 503, "Send the same again after the seconds that Retry-After says."}
	timedOut      = kind{"timeout", "The answer took too long", 504, "Ask for a shorter time or fewer items."}
	full          = kind{"full", "The bus has used up its disk budget", 507, "Send the same again later; nothing is lost."}
)

// with makes a problem of the kind.
func (k kind) with(detail string) *wire.Problem {
	return &wire.Problem{
		Type: wire.ProblemPrefix + k.name, Title: k.title, Status: k.status, Detail: detail, Hint: k.hint,
	}
}

// hinted is with, with a hint of its own.
func (k kind) hinted(detail, hint string) *wire.Problem {
	p := k.with(detail)
	p.Hint = hint
	return p
}

// problemOf gives the problem for an error. What has no kind of its own is
// internal: its text stays in the log, because it was not written for
// strangers.
func problemOf(err error) *wire.Problem {
	var p *wire.Problem
	var refusal *respond.Refusal
	var more *respond.Grown
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &more):
		return problemOfGrown(more)
	case errors.As(err, &refusal):
		return problemOfRefusal(refusal)
	case errors.As(err, &large):
		return tooLarge.hinted(fmt.Sprintf("at most %d bytes are taken here", large.Limit), "Send less at once.")
	case errors.Is(err, wire.ErrCursor):
		return invalid("cursor", "not one that this list has made")
	case errors.Is(err, respond.ErrKeyUsed):
		return keyUsed.with(err.Error())
	case errors.Is(err, respond.ErrInvalid):
		return badRequest.with(err.Error())
	case errors.Is(err, respond.ErrNotFound):
		return notFound.with("")
	case errors.Is(err, respond.ErrDeciding):
		return conflict.hinted(respond.ErrDeciding.Error(), "Look in a moment what has become of it: honeymoat blocks approvals.")
	case errors.Is(err, respond.ErrExists):
		return conflict.with("")
	case errors.Is(err, ingest.ErrFenced):
		return fenced.with("")
	case errors.Is(err, ingest.ErrFull):
		return full.with("")
	case errors.Is(err, ingest.ErrBusy):
		return busy.with("nothing of this request is acknowledged")
	case errors.Is(err, ingest.ErrTooMany):
		return tooLarge.hinted("too many records", "Send fewer at once.")
	case errors.Is(err, ingest.ErrTooLarge):
		return tooLarge.hinted("the batch does not fit into one message", "Split it.")
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut.with("")
	case errors.Is(err, context.Canceled):
		return unavailable.with("the service is stopping, or the caller has gone")
	default:
		return internal.with("")
	}
}

func problemOfRefusal(r *respond.Refusal) *wire.Problem {
	p := refused.hinted(r.Reason, r.Hint)
	if r.NeedAdmin {
		p = lowRole.hinted(r.Reason, "This needs the role admin: "+r.Hint+".")
	}
	p.Rule, p.Parts = r.Rule, r.Parts
	return p
}

// problemOfGrown tells who approves what they have not looked at what it is now.
func problemOfGrown(g *respond.Grown) *wire.Problem {
	p := grown.hinted("nothing was made: what waits is of revision "+g.Approval.Revision+" by now",
		"Look at it, and approve that revision: honeymoat blocks approve "+g.Approval.ID+" --revision "+g.Approval.Revision+".")
	if len(g.Changed) == 0 {
		p.Detail += ", and what the other revision was is not known (any more)"
	}
	p.Approval, p.Changed = approvalOf(&g.Approval, wire.MaxApprovalBlocks), g.Changed
	return p
}

// invalid is the problem of one wrong parameter.
func invalid(name, reason string) *wire.Problem {
	p := badParameters.with("")
	p.Invalid = []wire.Invalid{{Name: name, Reason: reason}}
	return p
}

// fromStore turns an error of History into a problem: whatever the store
// fails with, it is the store that cannot answer, not the service.
func fromStore(err error) error {
	switch {
	case err == nil, errors.Is(err, respond.ErrNotFound), errors.Is(err, wire.ErrCursor):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	default:
		return &failure{unavailable.with("the store cannot answer"), err}
	}
}

// failure is a problem with its cause, which goes into the log only.
type failure struct {
	problem *wire.Problem
	cause   error
}

func (f *failure) Error() string { return f.problem.Title + ": " + f.cause.Error() }

func (f *failure) Unwrap() []error { return []error{f.problem, f.cause} }

// fromBus is fromStore for the bus.
func fromBus(err error) error {
	if problemOf(err).Type != internal.with("").Type {
		return err
	}
	return &failure{unavailable.with("the bus cannot answer"), err}
}
