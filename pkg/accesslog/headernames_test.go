package accesslog

import (
	"strings"
	"testing"
)

func TestHeaderNames(t *testing.T) {
	names := headerNames{client: []byte("cf-connecting-ip")}
	for _, name := range []string{
		"User-Agent", "user_agent", "REFERER", "X-Forwarded-For", "Forwarded", "Host", "Cookie", "Content-Type",
		"Authorization", "X-API-Key", "CF-Connecting-IP", "X-Other", "", "-",
	} {
		if got, want := names.goal([]byte(name)), headerGoal(name, "CF-Connecting-IP"); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := names.goal([]byte(strings.Repeat("x", maxHeaderName+1))); got.role != nothing {
		t.Errorf("a long name is %v", got)
	}
	if got := (&headerNames{}).goal([]byte("X-Other")); got.role != nothing {
		t.Errorf("without a client header, %v", got)
	}
}
