package agent

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// TestBlocksHoldHoweverPathsAreWritten: what clients may write for a path that
// is blocked, and for one that is exempt.
func TestBlocksHoldHoweverPathsAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		defer r.stop()
		exempt := block.Delta{Target: route(t, "/public/**").Exempt(), ID: 2, Action: block.Allow}
		for i, d := range []block.Delta{{Target: route(t, "/login"), ID: 1}, exempt, {Target: route(t, "/files/{name}"), ID: 3}, {Target: route(t, "/"), ID: 4}} {
			d.Revision, d.Left = uint64(i+1), 1<<40
			r.replica.Apply(block.All, d, 0)
		}
		f := func(path, want string) {
			t.Helper()
			v := r.Decide(&block.Request{Client: netip.MustParseAddr("192.0.2.1"), Method: "GET", Path: path})
			got := "pass"
			switch {
			case v.Refused:
				got = v.ID.String()[15:]
			case v.Exempt():
				got = "exempt"
			}
			if got != want {
				t.Errorf("%q: %s, want %s", path, got, want)
			}
		}
		for _, path := range []string{
			"/login", "/login/", "/login//", "/login;x", "/login;jsessionid=1/", "/%6Cogin", "/%6cogin", "/LOGIN/../login",
			"//login", "/./login", "/login/.", "/login/x/..", "/x/../login", "/../login", "/x/..;/login", "/x/%2e%2E;y/login",
			"/login%2f", "/login%2F.", "/x%2f..%2flogin", "/login%3Bx", "/login%00", "/login%00.html", "http://shop/login", "/public/..;/login",
			"/public/../login", "/public%2f..%2flogin",
		} {
			f(path, "1")
		}
		for _, path := range []string{"/LOGIN", "/login.", "/login%20", "/login/x", "/%256Cogin", "/log%69n%", "", "*", "login", "/files/", "/files/a%2Fb"} {
			f(path, "pass")
		}
		for _, path := range []string{"/public/a;v=1/b", "/public", "/public/", "/%70ublic/x", "/login/../public/x", "/public/.../x"} {
			f(path, "exempt")
		}
		for _, path := range []string{"/public/a/..;/b", "/public;x", "/PUBLIC/x", "/public/x%00"} {
			f(path, "pass")
		}
		f("/files/a", "3")
		f("/files/a%2F", "3")
		f("/files/;x", "3")
		for _, path := range []string{"/", "//", "/.", "/..", "/;x", "/%00", "/login/.."} {
			f(path, "4")
		}
	})
}
