package gateway

import (
	"context"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/nginx"
)

// keepNginx keeps blocks in nginx itself, in its maps and in its memory,
// whichever is on.
func (g *Gateway) keepNginx(_ context.Context, _ live) error {
	if err := g.keepNginxMaps(g.config.Gateways.Nginx.Maps); err != nil {
		return err
	}
	return g.keepNginxShared(g.config.Gateways.Nginx.Shared)
}

func (g *Gateway) keepNginxMaps(c config.NginxMaps) error {
	if c.Dir == "" {
		return nil
	}
	scopes, err := scopesOf(c.Scopes)
	if err != nil {
		return fmt.Errorf("gateways.nginx.maps: %w", err)
	}
	files, err := nginx.NewFiles(nginx.FilesOptions{
		Source: g.agent, Dir: c.Dir, Check: c.Check, Reload: c.Reload, Every: c.Every, Confirm: c.Confirm, Scopes: scopes, MaxEntries: c.MaxEntries,
		Also: map[string][]byte{nginx.FailFile: nginx.FailMap(failRoutes(g.config.Fail))},
		Now:  g.clock.Now, Log: g.log.With("part", "nginx-maps"), Metrics: g.registry,
		// A change waits for the pause since the last reload, and a version that
		// is refused costs another.
		Way: g.agent.Way("nginx-maps", 2*c.Every+atOnce),
	})
	if err != nil {
		return err
	}
	g.add("nginx-maps", files.Run)
	return nil
}

func (g *Gateway) keepNginxShared(c config.NginxShared) error {
	if c.Socket == "" {
		return nil
	}
	scopes, err := scopesOf(c.Scopes)
	if err != nil {
		return fmt.Errorf("gateways.nginx.shared: %w", err)
	}
	dict, err := nginx.NewDict(nginx.DictOptions{
		Source: g.agent, Socket: c.Socket, Check: c.Check, Scopes: scopes,
		Now: g.clock.Now, Time: g.clock.Wall, Log: g.log.With("part", "nginx-shared"), Metrics: g.registry,
		Way: g.agent.Way("nginx-shared", atOnce),
	})
	if err != nil {
		return err
	}
	g.add("nginx-shared", dict.Run)
	return nil
}

func scopesOf(names []string) ([]block.Scope, error) {
	scopes := make([]block.Scope, len(names))
	for i, name := range names {
		var err error
		if scopes[i], err = block.ParseScope(name); err != nil {
			return nil, err
		}
	}
	return scopes, nil
}

func failRoutes(list []config.FailRoute) []nginx.FailRoute {
	routes := make([]nginx.FailRoute, len(list))
	for i, f := range list {
		routes[i] = nginx.FailRoute{Route: f.Route, Closed: f.Closed()}
	}
	return routes
}
