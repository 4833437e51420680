package httpapi

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// maxLines is the most bytes of an encoded batch: the payload limit of the
// bus.
const maxLines = 4 << 20

// report takes what an agent enforces.
func (s *Server) report(x *exchange) error {
	r, err := decodeAgents[block.Report](x.Request)
	if err != nil {
		return err
	}
	r.Agent = x.agent.Name
	if err := s.options.Agents.Report(x.Request.Context(), r); err != nil {
		return fromBus(err)
	}
	x.Status(http.StatusNoContent)
	return nil
}

// touch takes a decoy touch that an agent saw in the request path.
func (s *Server) touch(x *exchange) error {
	found, err := decodeAgents[finding.Finding](x.Request)
	if err != nil {
		return err
	}
	if err := checkTouch(&found); err != nil {
		return err
	}
	found.Sighting.Via = finding.ViaAgent
	found.Sighting.Gateway = x.agent.Gateway
	if err := s.options.Operator.Touch(x.Request.Context(), x.agent.Name, found); err != nil {
		return fromBus(err)
	}
	x.Status(http.StatusNoContent)
	return nil
}

func checkTouch(found *finding.Finding) error {
	var f faults
	f.check(len(found.ID) == 32 && strings.Trim(found.ID, "0123456789abcdef") == "", "id", "want 32 hex digits")
	f.check(found.Family == finding.Decoy, "family", "want decoy: an agent reports decoys only")
	f.check(!found.Time.IsZero(), "time", "want the time of the touch")
	actor, err := actorAt(string(found.Actor.Kind), found.Actor.Value)
	if err == nil && actor != found.Actor {
		f.check(false, "actor", "not in canonical form: want "+actor.String())
	}
	f.checkErr(err, "actor")
	return f.err()
}

// mark tells how far a file of the agent's has been acknowledged.
func (s *Server) mark(x *exchange) error {
	p := newParams(x.Request.URL)
	source, file := p.text("source"), p.text("file")
	if !block.ValidName(source) {
		p.wrong("source", "%v", block.ErrName)
	}
	if !validFile(file) {
		p.wrong("file", fileID)
	}
	if err := p.err(); err != nil {
		return err
	}
	m, err := s.options.Lines(x.agent.Name).Last(x.Request.Context(), source, file)
	if err != nil {
		return fromBus(err)
	}
	x.JSON(http.StatusOK, block.FileMark{
		Sequence: m.Sequence, End: block.FileMarkEnd{Offset: m.End.Offset, Line: m.End.Line},
	})
	return nil
}

const fileID = "want the identity of a file, 16 hex digits"

func validFile(s string) bool { return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == "" }

// lines appends a batch of the agent's to the bus.
func (s *Server) lines(x *exchange) error {
	after, err := strconv.ParseUint(x.GetHeader(block.AfterHeader), 10, 64)
	if err != nil {
		return invalid(block.AfterHeader, "want the sequence of the file's last message, 0 for none")
	}
	data, err := io.ReadAll(x.Request.Body)
	if err != nil {
		return err
	}
	codec, err := s.codecs.take(x.Request.Context())
	if err != nil {
		return err
	}
	defer s.codecs.put(codec)
	b := &codec.batch
	if err := codec.Decode(data, b); err != nil {
		return badRequest.hinted(err.Error(), "The agent may be of a later version than the service.")
	}
	if err := checkBatch(b); err != nil {
		return err
	}
	b.Shipper = x.agent.Name
	sequence, err := s.options.Lines(x.agent.Name).Publish(x.Request.Context(), b, after)
	if err != nil {
		return fromBus(err)
	}
	x.JSON(http.StatusOK, block.LinesStored{Sequence: sequence})
	return nil
}

func checkBatch(b *event.Batch) error {
	var f faults
	if !block.ValidName(b.Source) {
		f.checkErr(block.ErrName, "source")
	}
	f.check(validFile(b.File), "file", fileID)
	f.check(b.Lane == "" || validFile(b.Lane), "lane", fileID)
	f.check(b.Start >= 0 && b.End >= b.Start, "end", "before start")
	return f.err()
}

// codecs lends codecs, a few at a time: a batch of 4 MiB may be one of many
// times that when it is decoded.
type codecs struct {
	free chan *codec
}

type codec struct {
	*event.Codec
	batch event.Batch
}

// maxCodecs is how many batches are taken at the same time.
const maxCodecs = 4

func newCodecs() (*codecs, error) {
	c := &codecs{free: make(chan *codec, maxCodecs)}
	for range maxCodecs {
		made, err := event.NewCodec()
		if err != nil {
			c.close()
			return nil, err
		}
		c.free <- &codec{Codec: made}
	}
	return c, nil
}

func (c *codecs) take(ctx context.Context) (*codec, error) {
	select {
	case lent := <-c.free:
		return lent, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *codecs) put(lent *codec) {
	lent.batch.Reset()
	c.free <- lent
}

// close frees the codecs that nobody has.
func (c *codecs) close() {
	for {
		select {
		case lent := <-c.free:
			lent.Close()
		default:
			return
		}
	}
}
