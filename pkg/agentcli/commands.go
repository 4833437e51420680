package agentcli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
)

// maxToken bounds a token that is read from standard input.
const maxToken = 4096

func enrollCommand(version string) *cobra.Command {
	c := &cobra.Command{
		Use:   "enroll",
		Short: "Trade a one-time token for this agent's credential, which goes into the state directory.",
		Args:  command.Exactly(0),
	}
	file := configFlag(c)
	url := c.Flags().String("url", "", "URL of the service's front, such as https://honeymoat.example.net:8440.")
	token := c.Flags().String("token", "-", "The token that 'honeymoat agents enroll' printed; - reads it from standard input.")
	name := c.Flags().String("name", "", "Name of this agent, unless the token fixes one.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		text, err := tokenText(*token, c.InOrStdin())
		if err != nil {
			return err
		}
		credential, err := gateway.Enrol(c.Context(), *url, block.EnrolRequest{Token: text, Name: *name, Software: version})
		if err != nil {
			return err
		}
		if err := credential.Save(cfg.StateDir); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "enrolled as %s; the credential is in %s; an agent that runs already takes it after a restart\n", credential.Name, cfg.StateDir)
		return nil
	}
	return c
}

// tokenText keeps a token out of the list of processes, if the person wants.
func tokenText(flag string, in io.Reader) (string, error) {
	if flag != "-" {
		return flag, nil
	}
	data, err := io.ReadAll(io.LimitReader(in, maxToken))
	if err != nil {
		return "", fmt.Errorf("read the token from standard input: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

func configCommand() *cobra.Command {
	return command.ConfigCheck(configEnv, configMeaning, func(file string) error {
		cfg, err := readConfig(file)
		if err != nil {
			return err
		}
		return gateway.Check(cfg)
	})
}
