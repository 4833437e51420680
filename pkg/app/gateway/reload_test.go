package gateway

import (
	"reflect"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/config"
)

// The agent takes over at once how routes fail; a file for nginx it does not.
func TestRoutesThatFailInNginxNeedARestart(t *testing.T) {
	before, after := config.Agent{}, config.Agent{Fail: []config.FailRoute{{Route: "/payments/**", Mode: "closed"}}}
	if !reflect.DeepEqual(fixed(before), fixed(after)) {
		t.Error("a restart is asked for without nginx")
	}
	before.Gateways.Nginx.Maps.Dir, after.Gateways.Nginx.Maps.Dir = "/etc/nginx/honeymoat", "/etc/nginx/honeymoat"
	if reflect.DeepEqual(fixed(before), fixed(after)) {
		t.Error("no restart is asked for, and nginx goes on as before")
	}
}
