package sigma

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestBlock(t *testing.T) {
	f := func(text string, want Block) {
		t.Helper()
		if want.Mode == "" {
			want.Mode = BlockRollout
		}
		want.TTL = time.Hour
		if got := extended(t, "honeymoat: {block: {ttl: 1h"+text+"}}\n").Honeymoat.Block; got != want {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
	}
	f("", Block{})
	f(", mode: shadow", Block{Mode: BlockShadow})
	f(", mode: enforce, action: deny, status: 429", Block{Mode: BlockEnforce, Status: 429})
	f(", action: drop, scope: user", Block{Action: block.Drop, Scope: "user"})
	f(", action: divert, scope: [route, address]", Block{Action: block.Divert, Scope: "address+route"})
	f(", action: throttle, rate: 0.5, burst: 3, status: 503", Block{Action: block.Throttle, Rate: 0.5, Burst: 3, Status: 503})
	f(", action: flag, header: X-Suspect, value: scanner", Block{Action: block.Flag, Header: "X-Suspect", Value: "scanner"})
	f(", action: flag", Block{Action: block.Flag})
}

func TestBlockMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, mistakes := Parse(Options{}, Source{"b.yml", []byte(complete + "honeymoat:\n  block:\n    ttl: 1h\n" + text)})
		if len(mistakes) != 1 || !strings.Contains(mistakes.Error(), want) {
			t.Errorf("%s is told as %v\nwant %s", text, mistakes, want)
		}
	}
	f("    scope: prefix\n", `b.yml:16:12: scope: a record has no prefix (write "address": IPv6 is blocked by its /64)`)
	f("    scope: [address, usr]\n", `b.yml:16:22: there is no scope "usr" (did you mean "user"?)`)
	f("    scope: [user, user]\n", `scope: user is there twice`)
	f("    scope: [key, token]\n", `a key or a token, not both`)
	f("    scope: {a: b}\n", `scope is a map, not a list`)
	f("    action: denny\n", `b.yml:16:13: there is no action "denny" (did you mean "deny"?)`)
	f("    action: allow\n", `there is no action "allow"`)
	f("    mode: rolout\n", `b.yml:16:11: there is no mode "rolout" (did you mean "rollout"?)`)
	f("    status: many\n", `b.yml:16:13: status: "many" is no number from 0 on`)
	f("    status: 401\n", `b.yml:16:13: status 401: want 400 to 599`)
	f("    status: 403.5\n", `is no whole number`)
	f("    action: drop\n    status: 403\n", `b.yml:17:13: with action drop: status and body are for deny and throttle`)
	f("    header: X-Suspect\n", `b.yml:16:13: with action deny: header and value are for flag`)
	f("    action: flag\n    header: 'a b'\n", `b.yml:17:13: header "a b": want the name of an HTTP header`)
	f("    rate: 5\n", `b.yml:16:11: with action deny: rate, burst and each are for throttle`)
	f("    action: throttle\n", `b.yml:16:13: throttle does not say how much may pass (write "rate: 5" for five requests a second)`)
	f("    action: throttle\n    rate: -1\n", `b.yml:17:11: rate: "-1" is no number from 0 on`)
	f("    rat: 5\n", `block has no key "rat" (did you mean "rate"?)`)
}

func TestBlockInWords(t *testing.T) {
	f := func(b Block, want string) {
		t.Helper()
		if got := b.What(); got != want {
			t.Errorf("%+v is %q, want %q", b, got, want)
		}
	}
	f(Block{}, "")
	f(Block{Status: 429}, "deny with 429")
	f(Block{Action: block.Drop, Scope: "user"}, "drop, on user")
	f(Block{Action: block.Throttle, Rate: 0.5, Scope: "address+user_agent"}, "throttle to 0.5 a second, on address and user_agent")
	f(Block{Action: block.Flag}, "flag with X-Honeymoat-Flag")
	f(Block{Action: block.Flag, Header: "X-A"}, "flag with X-A")
}
