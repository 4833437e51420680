package httplink

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// problem is what the service tells about a failure.
type problem struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`
}

// failure makes an error of an answer that is no success.
func failure(path string, resp *http.Response) error {
	var p problem
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || json.Unmarshal(text, &p) != nil || p.Title == "" && p.Detail == "" {
		p = problem{Title: http.StatusText(resp.StatusCode)}
	}
	what := p.Title
	if p.Detail != "" {
		what += ": " + p.Detail
	}
	if p.Hint != "" {
		what += " (" + p.Hint + ")"
	}
	if kind := kindOf(resp.StatusCode); kind != nil {
		return fmt.Errorf("%s: %w: %d %s", path, kind, resp.StatusCode, what)
	}
	return fmt.Errorf("%s: the service answered %d %s", path, resp.StatusCode, what)
}

// kindOf gives the error that callers know a status by, or nil.
func kindOf(status int) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrRefused
	case http.StatusConflict:
		return ingest.ErrFenced
	case http.StatusInsufficientStorage:
		return ingest.ErrFull
	case http.StatusRequestEntityTooLarge:
		return ingest.ErrTooLarge
	}
	return nil
}
