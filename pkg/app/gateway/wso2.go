package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/wso2"
)

// madePolicies is the file of the state directory that remembers which deny
// policies are ours.
const madePolicies = "wso2-policies.json"

// keepWSO2 keeps blocks in WSO2 API Manager, if that is on.
func (g *Gateway) keepWSO2(context.Context, live) error {
	c := g.config.Gateways.WSO2
	if !c.On() {
		return nil
	}
	o := wso2.Options{
		Source: g.agent, Now: g.clock.Now, AdminURL: c.AdminURL, TopicURL: c.TopicURL, TopicUser: c.TopicUser,
		Tenant: c.Tenant, UsersFile: c.UsersFile, Keys: g.allMatchKeys, MadeFile: filepath.Join(g.config.StateDir, madePolicies),
		Every: c.Every, Log: g.log.With("part", "wso2"), Metrics: g.registry, Way: g.agent.Way("wso2", c.Every+atOnce),
	}
	var err error
	if o.TopicPassword, err = wso2Secret("topic_password_file", c.TopicPassword); err != nil {
		return err
	}
	if c.AdminURL != "" {
		if o.Client, err = wso2Client(c); err != nil {
			return err
		}
	}
	policies, err := wso2.New(o)
	if err != nil {
		return err
	}
	g.add("wso2", policies.Run)
	return nil
}

// allMatchKeys are the keys of all segments of this agent.
func (g *Gateway) allMatchKeys() []block.MatchKey {
	var all []block.MatchKey
	for _, keys := range g.agent.MatchKeys() {
		all = append(all, keys...)
	}
	slices.SortFunc(all, func(a, b block.MatchKey) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// wso2Client makes a client that logs in.
func wso2Client(c config.WSO2) (*http.Client, error) {
	login := wso2.Login{TokenURL: c.TokenURL, ClientID: c.ClientID, User: c.User}
	var err1, err2 error
	login.ClientSecret, err1 = wso2Secret("client_secret_file", c.SecretFile)
	login.Password, err2 = wso2Secret("password_file", c.PasswordFile)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	base := &http.Client{}
	if c.CAFile != "" {
		transport, err := trusting(c.CAFile)
		if err != nil {
			return nil, err
		}
		base.Transport = transport
	}
	return wso2.NewClient(base, login), nil
}

// wso2Secret reads the one line of a file; no file is no secret.
func wso2Secret(key, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("gateways.wso2.%s: %w", key, err)
	}
	return strings.TrimSpace(string(data)), nil
}

// trusting makes a transport that knows servers by these certificates.
func trusting(caFile string) (*http.Transport, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("gateways.wso2.ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("gateways.wso2.ca_file: %s holds no certificate in PEM", caFile)
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: pool}}, nil
}
