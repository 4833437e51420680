package config

import (
	"net/url"
	"time"
)

// WSO2 is WSO2 API Manager as a gateway.
type WSO2 struct {
	AdminURL      string        `yaml:"admin_url" doc:"Admin API in which blocks are kept as deny policies, such as https://wso2.example.net:9443/api/am/admin/v4. Empty: it is not used."`
	TokenURL      string        `yaml:"token_url" doc:"Token endpoint, such as https://wso2.example.net:9443/oauth2/token."`
	ClientID      string        `yaml:"client_id" doc:"OAuth client with the scopes apim:bl_view and apim:bl_manage."`
	SecretFile    string        `yaml:"client_secret_file" doc:"File with the client's secret."`
	User          string        `yaml:"user" doc:"User of the password grant. Empty: the grant of client credentials."`
	PasswordFile  string        `yaml:"password_file" doc:"File with that user's password."`
	CAFile        string        `yaml:"ca_file" doc:"Certificates by which WSO2's own is known. Empty: those of the system."`
	TopicURL      string        `yaml:"topic_url" doc:"Broker of the traffic manager, whose topic has every gateway deny at once, such as amqp://wso2.example.net:5672/carbon. Empty: it is not used."`
	TopicUser     string        `yaml:"topic_user" doc:"User at that broker."`
	TopicPassword string        `yaml:"topic_password_file" doc:"File with that user's password."`
	Tenant        string        `yaml:"tenant" doc:"Tenant domain."`
	UsersFile     string        `yaml:"users_file" doc:"Users, one a line, that blocks may be about: a block knows a user by a hash, and WSO2 wants the name. Empty: blocks on users are left out."`
	Every         time.Duration `yaml:"every" doc:"How often all policies are compared and put right."`
}

// On tells whether WSO2 is to be used at all.
func (w WSO2) On() bool { return w.AdminURL != "" || w.TopicURL != "" }

func defaultWSO2() WSO2 { return WSO2{Tenant: "carbon.super", Every: time.Minute} }

func (c *checker) wso2(w WSO2) {
	c.url("$.gateways.wso2.admin_url", w.AdminURL, "https://wso2.example.net:9443/api/am/admin/v4", "https", "http")
	c.url("$.gateways.wso2.topic_url", w.TopicURL, "amqp://wso2.example.net:5672/carbon", "amqp", "amqps")
	if w.AdminURL != "" {
		c.url("$.gateways.wso2.token_url", w.TokenURL, "https://wso2.example.net:9443/oauth2/token", "https", "http")
		if w.TokenURL == "" || w.ClientID == "" || w.SecretFile == "" {
			c.add("$.gateways.wso2.admin_url", "no way to log in", "set token_url, client_id and client_secret_file")
		}
	}
	if (w.TopicUser == "") != (w.TopicPassword == "") {
		c.add("$.gateways.wso2.topic_user", "a user without a password, or a password without a user", "set both topic_user and topic_password_file")
	}
	if w.On() {
		c.lasts("$.gateways.wso2.every", w.Every, time.Second)
	}
}

// url checks an address that may be left out.
func (c *checker) url(path, value, example string, schemes ...string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil {
		c.add(path, "not a URL without user and password", "want one such as "+example)
		return
	}
	c.oneOf(path, u.Scheme, schemes...)
}
