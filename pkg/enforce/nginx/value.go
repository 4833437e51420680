package nginx

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// exempt is the value of what is let pass, whatever else says.
const exempt = "allow"

// value is what nginx's variables say of an entry: "deny ID" and behind it the
// answer as the agent takes it back (X-Honeymoat-Answer) where it is not a
// plain 403, "flag ID VALUE", "drop ID", "divert ID", or exempt. It holds no
// tab.
func value(e *mirror.Entry) string {
	said := e.Action.String() + " " + e.ID.String()
	switch e.Action {
	case block.Allow:
		return exempt
	case block.Flag:
		_, v := e.Terms.FlagHeader(e.ID)
		return said + " " + v
	case block.Deny:
		if a := answer(e); a != "" {
			return said + " " + a
		}
	}
	return said
}

// answer is the status, seconds and body, in base64, of the answer to a
// refused request; empty for a plain 403.
func answer(e *mirror.Entry) string {
	status := e.Terms.AnswerStatus(e.Action)
	_, body := e.Terms.AnswerBody()
	if status == http.StatusForbidden && body == "" {
		return ""
	}
	return strconv.Itoa(status) + " 0 " + base64.RawURLEncoding.EncodeToString([]byte(body))
}

// stronger tells whether an entry wins over another that the same request
// meets; the more specific one comes second.
func stronger(e, than *mirror.Entry) bool {
	return than == nil || !than.Action.Stronger(e.Action)
}
