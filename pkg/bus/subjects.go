package bus

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Streams and buckets.
const (
	linesStream      = "LINES"
	recordsStream    = "RECORDS"
	deadStream       = "DEAD"
	checkpointStream = "CHECKPOINTS"
	blocksBucket     = "blocks"
	blocksStream     = "KV_" + blocksBucket
	agentsBucket     = "agents"
	leaseBucket      = "lease"
)

// Local is the shipper's name of the service itself. No agent may have it.
const Local = "local"

// bucketSubject is where the messages of a key-value bucket's key are.
func bucketSubject(bucket, key string) string { return "$KV." + bucket + "." + key }

// writeSubject is where a message for a bucket's key is published.
func (b *Bus) writeSubject(bucket, key string) string {
	if b.opts.Domain == "" {
		return bucketSubject(bucket, key)
	}
	return "$JS." + b.opts.Domain + ".API." + bucketSubject(bucket, key)
}

func linesSubject(shipper, source, file string) string {
	return "lines." + shipper + "." + source + "." + file
}

// linesOrigin is what the subject says about a batch. The subject is to be
// believed, because the server lets an agent publish below its own name only.
type linesOrigin struct{ shipper, source, file string }

func parseLinesSubject(subject string) (linesOrigin, error) {
	parts := strings.Split(subject, ".")
	if len(parts) != 4 || parts[0] != "lines" {
		return linesOrigin{}, fmt.Errorf("subject %q: want lines.SHIPPER.SOURCE.FILE", subject)
	}
	o := linesOrigin{parts[1], parts[2], parts[3]}
	return o, o.validate()
}

func (o linesOrigin) subject() string { return linesSubject(o.shipper, o.source, o.file) }

func (o linesOrigin) validate() error {
	switch {
	case !block.ValidName(o.shipper):
		return fmt.Errorf("shipper %q: %w", o.shipper, block.ErrName)
	case !block.ValidName(o.source):
		return fmt.Errorf("source %q: %w", o.source, block.ErrName)
	case len(o.file) != 16 || strings.Trim(o.file, "0123456789abcdef") != "":
		return fmt.Errorf("file %q: want 16 hex digits", o.file)
	}
	return nil
}

// token makes one token of a subject out of any text.
func token(name string) string {
	if block.ValidName(name) {
		return name
	}
	return "=" + base64.RawURLEncoding.EncodeToString([]byte(name))
}
