package wso2

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// policy is a deny policy as the Admin REST API has it.
type policy struct {
	ID     string          `json:"conditionId,omitempty"`
	Type   kind            `json:"conditionType"`
	Value  json.RawMessage `json:"conditionValue"` // a string, or an object for addresses
	Status *bool           `json:"conditionStatus,omitempty"`
}

// condition gives what a policy denies, in our own way of writing it.
func (p *policy) condition() (condition, error) {
	var err error
	c := condition{kind: p.Type}
	switch p.Type {
	case kindAddress:
		var v fixedAddress
		err = unwrap(p.Value, &v)
		c.value = object(v)
	case kindRange:
		var v addressRange
		err = unwrap(p.Value, &v)
		c.value = object(v)
	default:
		err = json.Unmarshal(p.Value, &c.value)
	}
	if err != nil {
		return c, fmt.Errorf("deny policy %s: value %s: %w", p.ID, p.Value, err)
	}
	return c, nil
}

// unwrap reads an object, which some versions send inside a string.
func unwrap(data json.RawMessage, v any) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = json.RawMessage(text)
	}
	return json.Unmarshal(data, v)
}

// off tells whether somebody has switched a policy off.
func (p *policy) off() bool { return p.Status != nil && !*p.Status }

func policyOf(c condition) policy {
	on := true
	value := json.RawMessage(c.value)
	if c.kind != kindAddress && c.kind != kindRange {
		value = json.RawMessage(object(c.value))
	}
	return policy{Type: c.kind, Value: value, Status: &on}
}

// admin is the Admin REST API. Creating and listing are under deny-policies, a
// single policy under deny-policy.
type admin struct {
	base   string // ends in /api/am/admin/v4
	client *http.Client
}

const (
	requestTimeout = 10 * time.Second
	maxAnswer      = 64 << 20 // bytes
)

// errConflict: there is such a policy already, of somebody else.
var errConflict = errors.New("a policy of somebody else denies this already")

func (a *admin) list(ctx context.Context) ([]policy, error) {
	var answer struct {
		List []policy `json:"list"`
	}
	if err := a.call(ctx, http.MethodGet, "/throttling/deny-policies", nil, &answer); err != nil {
		return nil, fmt.Errorf("list deny policies: %w", err)
	}
	return answer.List, nil
}

// create makes a policy and gives its id.
func (a *admin) create(ctx context.Context, c condition) (string, error) {
	var made policy
	if err := a.call(ctx, http.MethodPost, "/throttling/deny-policies", policyOf(c), &made); err != nil {
		return "", fmt.Errorf("create deny policy on %s %s: %w", c.kind, c.shown(), err)
	}
	return made.ID, nil
}

// shown is the value as a log may have it: users are personal data.
func (c condition) shown() string {
	if c.kind == kindUser {
		return "(a user)"
	}
	return c.value
}

// remove deletes a policy; one that is gone is as good.
func (a *admin) remove(ctx context.Context, id string) error {
	err := a.call(ctx, http.MethodDelete, "/throttling/deny-policy/"+url.PathEscape(id), nil, nil)
	var status statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete deny policy %s: %w", id, err)
	}
	return nil
}

// switchOn enables a policy that somebody has switched off.
func (a *admin) switchOn(ctx context.Context, id string) error {
	body := map[string]bool{"conditionStatus": true}
	if err := a.call(ctx, http.MethodPatch, "/throttling/deny-policy/"+url.PathEscape(id), body, nil); err != nil {
		return fmt.Errorf("switch deny policy %s on: %w", id, err)
	}
	return nil
}

// statusError is an answer that is no success.
type statusError struct {
	code int
	text string
}

// Error implements error.
func (e statusError) Error() string {
	hint := ""
	switch e.code {
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = "; does the client have the scopes apim:bl_view and apim:bl_manage?"
	case http.StatusNotFound:
		hint = "; is the url that of the Admin API, such as https://wso2.example.net:9443/api/am/admin/v4?"
	}
	return fmt.Sprintf("WSO2 answered %d %s%s", e.code, e.text, hint)
}

func (a *admin) call(ctx context.Context, method, path string, body, answer any) (err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, sent)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	resp, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	return read(resp, answer)
}

func read(resp *http.Response, answer any) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case resp.StatusCode == http.StatusConflict:
		return errConflict
	case resp.StatusCode/100 != 2:
		return statusError{resp.StatusCode, string(data[:min(len(data), 200)])}
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("read WSO2's answer: %w", err)
	}
	return nil
}
