package gateway

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/agent/httplink"
	"github.com/honeymoat/honeymoat/pkg/bus"
)

// errNoBus tells that the bus was asked for and the service has none to offer.
var errNoBus = errors.New("transport bus: the service told no address of its bus; set bus.listen there and enrol again, or use transport http")

// newLink makes the link that the transport asks for, and what frees it.
func newLink(transport string, c Credential, log *slog.Logger) (agent.Link, func(), error) {
	trust, err := c.trust()
	if err != nil {
		return nil, nil, err
	}
	if transport == "bus" && len(c.BusURLs) == 0 {
		return nil, nil, errNoBus
	}
	if transport == "http" || len(c.BusURLs) == 0 {
		link, err := httplink.New(httplink.Options{URL: c.URL, Name: c.Name, Secret: c.Secret, TLS: trust, Log: log})
		if err != nil {
			return nil, nil, fmt.Errorf("link by HTTP: %w", err)
		}
		return link, link.Close, nil
	}
	link, err := bus.NewAgent(bus.AgentOptions{URLs: c.BusURLs, TLS: trust, Name: c.Name, Secret: c.Secret, Logger: log})
	if err != nil {
		return nil, nil, fmt.Errorf("link by the bus: %w", err)
	}
	return link, func() {}, nil
}
