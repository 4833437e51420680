package spoa

import (
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const (
	setVariable = 1 // the action of an ACK
	ofTxn       = 2 // the scope of the transaction
	pass        = "pass"
)

// appendAck appends the answer to a question: variables of the transaction. action
// is always among them, so that it replaces whatever was there before.
func appendAck(dst []byte, f *frame, v *block.Verdict) []byte {
	at := len(dst)
	dst = beginFrame(dst, agentAck, f.stream, f.id)
	switch {
	case v.Refused:
		dst = appendRefusal(dst, v)
	case v.Flagged():
		name, value := v.Flag.Terms.FlagHeader(v.Flag.ID)
		dst = appendVariable(dst, "action", block.Flag.String())
		dst = appendVariable(dst, "id", v.Flag.ID.String())
		dst = appendVariable(dst, "flag_header", name)
		dst = appendVariable(dst, "flag_value", value)
	default:
		dst = appendVariable(dst, "action", pass)
	}
	return endFrame(dst, at)
}

func appendRefusal(dst []byte, v *block.Verdict) []byte {
	dst = appendVariable(dst, "action", v.Action.String())
	dst = appendVariable(dst, "id", v.ID.String())
	if v.Action == block.Divert || v.Action == block.Drop {
		return dst
	}
	dst = appendVariable(dst, "status", strconv.Itoa(v.Terms.AnswerStatus(v.Action)))
	if kind, body := v.Terms.AnswerBody(); body != "" {
		dst = appendVariable(dst, "type", kind)
		dst = appendVariable(dst, "body", oneLine(body))
	}
	if v.RetryAfter > 0 {
		seconds := (v.RetryAfter + time.Second - 1) / time.Second
		dst = appendVariable(dst, "retry_after", strconv.FormatInt(int64(seconds), 10))
	}
	return dst
}

func appendVariable(dst []byte, name, value string) []byte {
	dst = append(dst, setVariable, 3, ofTxn)
	return appendTextValue(appendText(dst, name), value)
}

// oneLine has spaces in place of control characters, which HAProxy would send
// as %0A and the like. To JSON it is all the same.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
