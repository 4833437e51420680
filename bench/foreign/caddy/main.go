// Command caddy is a Caddy with a bouncer of CrowdSec in it, as its own builder
// makes one. Tests of the API for bouncers run it.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/hslatman/caddy-crowdsec-bouncer/crowdsec"
	_ "github.com/hslatman/caddy-crowdsec-bouncer/http"
)

func main() { caddycmd.Main() }
