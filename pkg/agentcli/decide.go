package agentcli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
)

func decideCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "decide ADDRESS",
		Short: "Tell what the agent would do with a request, and why: by asking it, or out of its state file when it is not running.",
		Long: `Tell what the agent would do with a request of a client, which block or exemption
decides, and all others that the request meets. Who is behind it is said by the
flags, or by headers, which the agent reads as identify in its configuration says.
Nothing is counted, and no token of a throttled client is taken.`,
		Example: `  honeymoat-agent decide 192.0.2.7
  honeymoat-agent decide 192.0.2.7 --method POST --path /login --header "Authorization: Bearer abc"`,
		Args: command.Exactly(1),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	question := questionFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		q, err := question(args[0])
		if err != nil {
			return command.Usage(err)
		}
		answer, err := gateway.Ask(c.Context(), cfg, q)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), answer)
		}
		return printAnswer(c.OutOrStdout(), args[0], &answer)
	}
	return c
}

// questionFlags adds the flags that describe a request, and gives what makes
// the question of them.
func questionFlags(c *cobra.Command) func(client string) (gateway.Question, error) {
	var q gateway.Question
	f := c.Flags()
	f.StringVar(&q.Method, "method", "GET", "Method.")
	f.StringVar(&q.URI, "path", "/", "Path, with the query if it matters.")
	f.StringVar(&q.Host, "host", "", "Host that the request names.")
	f.StringVar(&q.API, "api", "", "Api. Without it, the one that apis in the configuration gives.")
	f.StringVar(&q.User, "user", "", "User.")
	f.StringVar(&q.Application, "application", "", "Application.")
	f.StringVar(&q.Key, "key", "", "API key.")
	f.StringVar(&q.Token, "token", "", "Bearer token.")
	f.StringVar(&q.Session, "session", "", "Session.")
	f.StringVar(&q.Fingerprint, "fingerprint", "", "TLS fingerprint.")
	f.StringVar(&q.UserAgent, "user-agent", "", "User agent.")
	headers := f.StringArray("header", nil, `Header "Name: value". Give it several times for several.`)
	return func(client string) (gateway.Question, error) {
		a, err := netip.ParseAddr(client)
		if err != nil {
			return q, fmt.Errorf("%q is not an address such as 192.0.2.7", client)
		}
		q.Client, q.Headers = a, map[string]string{}
		for _, h := range *headers {
			name, value, ok := strings.Cut(h, ":")
			if !ok || name == "" {
				return q, fmt.Errorf(`header %q: want "Name: value"`, h)
			}
			q.Headers[name] = strings.TrimSpace(value)
		}
		return q, nil
	}
}

func printAnswer(w io.Writer, client string, a *gateway.Answer) error {
	fmt.Fprintf(w, "%s: %s\n", client, a.Decision)
	reason := a.Reason
	if a.Segment != "" {
		reason += " (segment " + a.Segment + ")"
	}
	fmt.Fprintf(w, "  because %s\n", reason)
	if where := strings.TrimSpace(a.Country + " " + a.Network); where != "" {
		fmt.Fprintf(w, "  from %s\n", where)
	}
	if a.API != "" {
		fmt.Fprintf(w, "  of the api %s\n", a.API)
	}
	for i := range a.Meets {
		fmt.Fprintf(w, "  meets %s\n", listedText(&a.Meets[i]))
	}
	if a.Saved {
		fmt.Fprintln(w, "  by the saved state: the agent does not run")
	}
	return nil
}

// listedText is a block in one line.
func listedText(b *gateway.Listed) string {
	action := b.Action.String()
	switch b.Mode {
	case block.Shadow:
		action += " in shadow"
	case block.Canary:
		action += fmt.Sprintf(" in canary of %d %%", b.Percent)
	}
	segment := "in " + b.Segment
	if b.Segment == "" {
		segment = "by this agent itself"
	}
	return fmt.Sprintf("%s %s: %s %s, %s left", b.ID, b.Target, action, segment, b.Left())
}

func jsonFlag(c *cobra.Command) *bool { return c.Flags().Bool("json", false, "Print JSON.") }

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}
