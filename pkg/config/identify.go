package config

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Identify lists where a request shows who is behind it.
type Identify struct {
	User        []string `yaml:"user" doc:"Places of the user's name. The first that has a value is taken. A place is header:NAME, cookie:NAME, query:NAME, cookies (the first one whose name says that it holds a session), bearer, basic, or authorization (any other scheme). Name a header for a user, an application, a fingerprint or an api only if the gateway, or a proxy that it trusts, sets it on every request: nobody is exempt by the name of basic, a cookie or a query, which a client can make up."`
	Application []string `yaml:"application" doc:"Places of the application's id."`
	Key         []string `yaml:"key" doc:"Places of the API key."`
	Token       []string `yaml:"token" doc:"Places of the token."`
	Session     []string `yaml:"session" doc:"Places of the session."`
	Fingerprint []string `yaml:"fingerprint" doc:"Places of the TLS fingerprint."`
	API         []string `yaml:"api" doc:"Places of the api's name, where the gateway knows it; else see apis."`
}

func defaultIdentify() Identify { return Identify(identify.Defaults()) }

// Rules makes the rules.
func (i Identify) Rules() (*identify.Rules, error) { return identify.New(identify.Options(i)) }

func (c *checker) identify(i Identify) {
	for _, list := range []struct {
		name   string
		places []string
	}{
		{"user", i.User}, {"application", i.Application}, {"key", i.Key}, {"token", i.Token},
		{"session", i.Session}, {"fingerprint", i.Fingerprint}, {"api", i.API},
	} {
		for n, place := range list.places {
			if err := identify.CheckPlace(place); err != nil {
				c.add(fmt.Sprintf("$.identify.%s[%d]", list.name, n), err.Error(), "such as header:X-Api-Key")
			}
		}
	}
}

// APIPaths are requests that belong to an api.
type APIPaths struct {
	API    string `yaml:"api" doc:"Name of the api, as inventory and blocks have it."`
	Host   string `yaml:"host" doc:"Host that requests name, without a port. Empty: all."`
	Prefix string `yaml:"prefix" doc:"Beginning of the path, in whole segments. Empty: all."`
}

// APITable makes the table.
func (a *Agent) APITable() (*identify.APIs, error) {
	list := make([]identify.API, len(a.APIs))
	for i, p := range a.APIs {
		list[i] = identify.API{Name: p.API, Host: p.Host, Prefix: p.Prefix}
	}
	return identify.NewAPIs(list)
}

func (c *checker) apis(list []APIPaths) {
	for i, p := range list {
		if _, err := identify.NewAPIs([]identify.API{{Name: p.API, Host: p.Host, Prefix: p.Prefix}}); err != nil {
			c.add(fmt.Sprintf("$.apis[%d]", i), err.Error(), "such as {api: shop, host: shop.example, prefix: /v1}")
		}
	}
}
