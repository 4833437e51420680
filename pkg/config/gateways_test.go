package config

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestDocumentedAgentsAreRight(t *testing.T) {
	files, err := filepath.Glob("../../deploy/gateways/*/agent.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("documented agents: %v %v", files, err)
	}
	for _, file := range files {
		if _, err := ReadAgent(file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestGatewaysThatCannotWorkAreRefused(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		_, err := ParseAgent("agent.yaml", []byte(yaml))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
	f("gateways: {nftables: {forward: true}}", "no ports")
	f("gateways: {nftables: {ports: [0]}}", "no port")
	f("gateways: {wso2: {admin_url: 'https://wso2.example.net'}}", "no way to log in")
	f("gateways: {wso2: {topic_url: 'http://wso2.example.net'}}", "amqp")
	f("gateways: {wso2: {topic_url: 'amqp://soc:secret@wso2.example.net'}}", "without user and password")
	f("gateways: {wso2: {topic_url: 'amqp://wso2.example.net', topic_user: soc}}", "without a password")
}
