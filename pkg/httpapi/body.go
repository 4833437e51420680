package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// decode reads a JSON body strictly: one value, no unknown fields.
func decode[T any](r *http.Request) (T, error) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	return decodeWith[T](r, d)
}

// decodeAgents reads a JSON body of an agent's, which may be of a later version
// than the service: what it has besides is left out, and the rest counts.
func decodeAgents[T any](r *http.Request) (T, error) {
	return decodeWith[T](r, json.NewDecoder(r.Body))
}

func decodeWith[T any](r *http.Request, d *json.Decoder) (T, error) {
	var v T
	if err := jsonBody(r); err != nil {
		return v, err
	}
	if err := d.Decode(&v); err != nil {
		return v, bodyProblem(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, badRequest.with("there is more in the body after the JSON value")
	}
	return v, nil
}

// jsonBody checks that a body says that it is JSON.
func jsonBody(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return badMedia.hinted(fmt.Sprintf("Content-Type is %q", r.Header.Get("Content-Type")), "Send application/json.")
	}
	return nil
}

func bodyProblem(err error) error {
	var large *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return err
	case errors.Is(err, wire.ErrTarget):
		return invalid("target", targetFault(err))
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return invalid(fieldName(wrongType.Field), fmt.Sprintf("want %s, not a %s", kindText(wrongType.Type), wrongType.Value))
	case errors.Is(err, io.EOF):
		return badRequest.hinted("the body is empty", "Send a JSON object.")
	default:
		return badRequest.hinted("the body is not the JSON that this path takes: "+err.Error(), "See /api/v1/openapi.json.")
	}
}

// fieldName is the path of a field as it stands in the body, where nobody sees
// what is embedded in what.
func fieldName(path string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(path, "."), func(s string) bool { return s != "" && unicode.IsUpper(rune(s[0])) }), ".")
}

// kindText is a type in words.
func kindText(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

// targetFault is what is wrong with a target, without saying again that it is
// the target.
func targetFault(err error) string {
	return strings.TrimPrefix(err.Error(), wire.ErrTarget.Error()+": ")
}

// faults collects what is wrong with the fields of a body.
type faults []wire.Invalid

// check adds a fault unless ok.
func (f *faults) check(ok bool, name, reason string) {
	if !ok {
		*f = append(*f, wire.Invalid{Name: name, Reason: reason})
	}
}

// checkErr adds a fault for an error.
func (f *faults) checkErr(err error, name string) {
	if err != nil {
		f.check(false, name, err.Error())
	}
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	p := badParameters.with("")
	p.Invalid = f
	return p
}
