package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// maxBulk bounds the body of a request for many blocks, in bytes: most items
// are some fifty bytes, those with a body of their own more.
const maxBulk = 32 << 20

// bulkBody is a request for many blocks as it was read. What is wrong with an
// item stands beside it: the others are dealt with.
type bulkBody struct {
	wire.BulkRequest
	wrong map[int]error // by the item's place
}

// readBulk reads a request item by item, and stops at the first too many: it
// never holds more than the items that it takes.
func readBulk(r io.Reader) (bulkBody, error) {
	b := bulkBody{wrong: map[int]error{}}
	d := json.NewDecoder(r)
	if err := expect(d, json.Delim('{')); err != nil {
		return b, err
	}
	rest := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return b, bodyProblem(err)
		}
		if name == "items" {
			err = b.readItems(d)
		} else {
			var raw json.RawMessage
			err = bodyProblem(d.Decode(&raw))
			rest[fmt.Sprint(name)] = raw
		}
		if err != nil {
			return b, err
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return b, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return b, badRequest.with("there is more in the body after the JSON value")
	}
	return b, b.readRest(rest)
}

func expect(d *json.Decoder, want json.Delim) error {
	got, err := d.Token()
	if err != nil {
		return bodyProblem(err)
	}
	if got != want {
		return badRequest.hinted(fmt.Sprintf("want %v in the body where %v stands", want, got), `Send {"reason": …, "lifetime_seconds": …, "items": [{"target": …}, …]}.`)
	}
	return nil
}

func (b *bulkBody) readItems(d *json.Decoder) error {
	if err := expect(d, json.Delim('[')); err != nil {
		return err
	}
	for d.More() {
		if len(b.Items) == wire.MaxBulk {
			return tooLarge.hinted(fmt.Sprintf("at most %d items are taken at once", wire.MaxBulk), "Split them into several requests.")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return bodyProblem(err)
		}
		var item wire.BulkItem
		if err := strictly(raw, &item); err != nil {
			b.wrong[len(b.Items)] = err
		}
		b.Items = append(b.Items, item)
	}
	return expect(d, json.Delim(']'))
}

// readRest reads the fields besides the items.
func (b *bulkBody) readRest(fields map[string]json.RawMessage) error {
	text, err := json.Marshal(fields)
	if err != nil {
		return bodyProblem(err)
	}
	var rest struct {
		wire.BlockSpec
		DryRun bool `json:"dry_run"`
	}
	if err := strictly(text, &rest); err != nil {
		return bodyProblem(err)
	}
	b.BlockSpec, b.DryRun = rest.BlockSpec, rest.DryRun
	return nil
}

// strictly reads one JSON value without unknown fields.
func strictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// plainError is the text of an error of reading JSON, for people.
func plainError(err error) string { return strings.TrimPrefix(err.Error(), "json: ") }
