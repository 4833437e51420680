package httpauth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// AnswerHeader carries the answer to a refused request from the agent to a
// gateway that cannot make it up by itself, and from there back to the agent,
// which then gives it. It is absent where a plain 403 is meant. No client can
// set it.
const AnswerHeader = "X-Honeymoat-Answer"

// Answer is what a refused client gets.
type Answer struct {
	Status     int
	RetryAfter int // seconds; 0 = not told
	Type, Body string
}

// AnswerOf is the answer that a refused request asks for.
func AnswerOf(v *block.Verdict) Answer {
	a := Answer{Status: v.Terms.AnswerStatus(v.Action), RetryAfter: wholeSeconds(v.RetryAfter)}
	a.Type, a.Body = v.Terms.AnswerBody()
	return a
}

func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// String writes the answer for AnswerHeader: status, seconds and the body in
// base64; empty for a plain 403.
func (a Answer) String() string {
	if a.Status == http.StatusForbidden && a.RetryAfter == 0 && a.Body == "" {
		return ""
	}
	return strconv.Itoa(a.Status) + " " + strconv.Itoa(a.RetryAfter) + " " + base64.RawURLEncoding.EncodeToString([]byte(a.Body))
}

// ParseAnswer is the inverse of String.
func ParseAnswer(s string) (Answer, error) {
	if s == "" {
		return Answer{Status: http.StatusForbidden}, nil
	}
	status, rest, _ := strings.Cut(s, " ")
	retry, encoded, _ := strings.Cut(rest, " ")
	a := Answer{}
	var failures [3]error
	a.Status, failures[0] = strconv.Atoi(status)
	a.RetryAfter, failures[1] = strconv.Atoi(retry)
	body, err := base64.RawURLEncoding.DecodeString(encoded)
	failures[2] = err
	if errors.Join(failures[:]...) != nil || a.Status < 400 || a.Status > 599 || a.RetryAfter < 0 || len(body) > block.MaxBody {
		return Answer{}, errors.New(`want "STATUS SECONDS BODY" with a status from 400 to 599 and the body in base64`)
	}
	a.Type, a.Body = (&block.Terms{Body: string(body)}).AnswerBody()
	return a, nil
}

// write gives the answer.
func (a Answer) write(w http.ResponseWriter, method string) {
	h := w.Header()
	if a.RetryAfter > 0 {
		h["Retry-After"] = []string{strconv.Itoa(a.RetryAfter)}
	}
	if a.Type != "" {
		h["Content-Type"] = []string{a.Type}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
	w.WriteHeader(a.Status)
	if method != http.MethodHead {
		_, _ = w.Write([]byte(a.Body)) // a client that has left needs no answer
	}
}

// mark tells what was decided, for the gateway's log.
func mark(w http.ResponseWriter, v *block.Verdict) {
	if m := v.Mark(); m != "" {
		w.Header()[block.DecisionHeader] = []string{m}
	}
}

// flag tells the header by which a flagged request goes to the backend: under
// its own name, and under that which gateways know without being told.
func flag(w http.ResponseWriter, v *block.Verdict) {
	if !v.Flagged() {
		return
	}
	name, value := v.Flag.Terms.FlagHeader(v.Flag.ID)
	w.Header()[block.FlagHeader] = []string{value}
	w.Header()[name] = []string{value}
}
