package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func principalsCommand() *cobra.Command {
	parent, r := group("principals", "Find users, keys and tokens, which the store knows by keyed hashes only.")
	var req wire.PrincipalRequest
	asJSON := false
	find := ask(r, "find VALUE", "Find a principal by its value (- reads it from standard input). That you asked is in the audit.", 1,
		func(c *cobra.Command, api *client.Client, args []string) (err error) {
			if req.Value, err = valueOf(c, args[0]); err != nil {
				return err
			}
			p, err := api.FindPrincipal(c.Context(), req)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), p)
			}
			printPrincipal(c.OutOrStdout(), p)
			return nil
		})
	find.Flags().StringVar(&req.Reason, "reason", "", "Why. Somebody will ask.")
	jsonFlag(find, &asJSON)
	command.Require(find, "reason")
	parent.AddCommand(find)
	return parent
}

// valueOf reads a secret from standard input, so that no history of commands
// has it.
func valueOf(c *cobra.Command, arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func printPrincipal(w io.Writer, p wire.Principal) {
	if p.Events == 0 {
		fmt.Fprintln(w, "Nobody of this value is in the store.")
		return
	}
	fmt.Fprintf(w, "In the store it is one of these, by its kind and its key:\n  %s\n", strings.Join(p.Hashes, "\n  "))
	fmt.Fprintf(w, "%s, from %s to %s, from %s.\n", count(p.Events, "event"),
		p.FirstSeen.Format(time.RFC3339), p.LastSeen.Format(time.RFC3339), strings.Join(p.Addresses, ", "))
}

func eraseCommand() *cobra.Command {
	var req wire.ErasureRequest
	asJSON := false
	c := &cobra.Command{
		Use:   "erase --address ADDRESS | --principal VALUE",
		Short: "Remove a data subject from store, bus and agents, and prove it. Logs of gateways are not touched.",
		Args:  command.Exactly(0),
	}
	r := remoteFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		if (req.Address == "") == (req.Principal == "") {
			return command.Usage(errors.New("want either --address or --principal"))
		}
		if req.Principal, err = valueOf(c, req.Principal); err != nil {
			return err
		}
		api, err := r.connectFor(eraseTimeout)
		if err != nil {
			return err
		}
		defer api.Close()
		report, err := api.Erase(c.Context(), req)
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(c.OutOrStdout(), report)
		} else {
			printReport(c.OutOrStdout(), report)
		}
		if err == nil && req.DryRun {
			fmt.Fprintln(c.ErrOrStderr(), "This was a search: nothing was removed.")
			return nil
		}
		if err == nil && !report.Complete {
			return errors.New("the erasure is not complete: mend what is said above and run it again")
		}
		return err
	}
	c.Flags().StringVar(&req.Address, "address", "", "The subject's address.")
	c.Flags().StringVar(&req.Principal, "principal", "", "The subject's user name, application, key, token or session in the clear; - reads it from standard input. Events with it as a word of their path, query or referer go too, whoever asked.")
	c.Flags().BoolVar(&req.Mentions, "mentions", false, "Take a principal's name also out of what others left: paths, queries, reasons. It may be an ordinary word there; --dry-run tells how often.")
	c.Flags().BoolVar(&req.DryRun, "dry-run", false, "Search only, and remove nothing.")
	c.Flags().StringVar(&req.Reason, "reason", "", "Why. Somebody will ask.")
	jsonFlag(c, &asJSON)
	command.Require(c, "reason")
	return c
}

// eraseTimeout is how long an erasure may take: tables are rewritten.
const eraseTimeout = 15 * time.Minute

func printReport(w io.Writer, r erase.Report) {
	t := newTable(w, "place", "found", "left", "note")
	for _, o := range r.Outcomes {
		t.AppendRow(table.Row{o.Place, o.Found, o.Left, o.Note})
	}
	t.Render()
	for _, failure := range r.Failures {
		fmt.Fprintln(w, "Failed:", failure)
	}
	if r.Complete {
		fmt.Fprintf(w, "Nothing is left, as of %s.\n", r.Ended.Format(time.RFC3339))
	}
}
