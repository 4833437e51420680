package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

// Environment variables by which commands find the service.
const (
	urlEnv   = "HONEYMOAT_URL"
	tokenEnv = "HONEYMOAT_TOKEN"
	caEnv    = "HONEYMOAT_CA"
)

// remote is how a command reaches the service's API: on the service's own
// host by what lies in its data directory.
type remote struct{ config, url, tokenFile, ca *string }

func remoteFlags(c *cobra.Command) remote {
	flags := c.PersistentFlags()
	return remote{
		config:    flags.String("config", os.Getenv(configEnv), "Configuration file of the service on this host, which tells the address and the data directory."),
		url:       flags.String("url", os.Getenv(urlEnv), "URL of the service. Default: as configured on this host."),
		tokenFile: flags.String("token-file", "", "File that holds the token. Default: $"+tokenEnv+", or the first admin's token on this host."),
		ca:        flags.String("ca", os.Getenv(caEnv), "Certificate of the authority that signed the service's. Default: the service's own on this host."),
	}
}

// named tells whether the command line says where the service is, or as whom
// it is asked.
func (r remote) named(c *cobra.Command) bool {
	for _, flag := range []string{"url", "token-file", "ca"} {
		if c.Flags().Changed(flag) {
			return true
		}
	}
	return false
}

// connect makes a client. It connects to nothing yet.
func (r remote) connect() (*client.Client, error) { return r.connectFor(0) }

// connectFor makes a client whose requests may take so long; 0 = the default.
func (r remote) connectFor(timeout time.Duration) (*client.Client, error) {
	cfg, err := readConfig(*r.config)
	if err != nil {
		return nil, err
	}
	token, err := r.token(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	opts := client.Options{URL: cmp.Or(*r.url, cfg.API.LocalURL()), Token: token, Software: "honeymoat-cli", Timeout: timeout}
	ca := *r.ca
	if local := filepath.Join(cfg.DataDir, "ca.pem"); ca == "" && *r.url == "" && cfg.API.CertFile == "" {
		ca = local
	}
	if ca != "" {
		if opts.CAPEM, err = os.ReadFile(ca); err != nil {
			return nil, fmt.Errorf("certificate authority: %w (is the service's data directory %s? set --config or --ca)", err, cfg.DataDir)
		}
	}
	api, err := client.New(opts)
	return api, command.Usage(err)
}

func (r remote) token(dataDir string) (string, error) {
	if token := os.Getenv(tokenEnv); *r.tokenFile == "" && token != "" {
		return token, nil
	}
	file := cmp.Or(*r.tokenFile, filepath.Join(dataDir, "admin.token"))
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("token: %w (name the service's configuration with --config, or set $%s or --token-file; the first admin's token is in the service's data directory)", err, tokenEnv)
	}
	return strings.TrimSpace(string(text)), nil
}

// group makes a parent command whose children talk to the API.
func group(use, short string) (*cobra.Command, remote) {
	c := command.Group(use, short)
	return c, remoteFlags(c)
}

// ask makes a child command that calls the API.
func ask(r remote, use, short string, args int, run func(c *cobra.Command, api *client.Client, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: command.Exactly(args), RunE: asking(r, run)}
}

// asking is what a command does that calls the API.
func asking(r remote, run func(c *cobra.Command, api *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		api, err := r.connect()
		if err != nil {
			return err
		}
		defer api.Close()
		return run(c, api, args)
	}
}
