package cli

import (
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

// listing is a command that lists things which come from the API by pages.
type listing[T any] struct {
	use   string // "list" unless given
	short string
	limit int // of --limit, unless it is given; 0 = all
	// check looks at the flags before anything is asked; may be nil.
	check func() error
	items func(c *cobra.Command, api *client.Client) iter.Seq2[T, error]
	print func(w io.Writer, list []T)
}

// listCommand makes the command with the flags that all lists have.
func listCommand[T any](r remote, l listing[T]) *cobra.Command {
	if l.use == "" {
		l.use = "list"
	}
	limit, asJSON := l.limit, false
	c := ask(r, l.use, l.short, 0, func(c *cobra.Command, api *client.Client, _ []string) error {
		if limit < 0 {
			return command.Usage(fmt.Errorf("--limit %d: want a number, or 0 for all", limit))
		}
		if l.check != nil {
			if err := l.check(); err != nil {
				return command.Usage(err)
			}
		}
		list, more, err := take(l.items(c, api), limit)
		switch {
		case err != nil:
			return err
		case asJSON:
			err = printJSON(c.OutOrStdout(), list)
		default:
			l.print(c.OutOrStdout(), list)
		}
		if more {
			c.PrintErrln("There are more; --limit 0 lists all.")
		}
		return err
	})
	c.Flags().IntVar(&limit, "limit", l.limit, "At most so many; 0: all.")
	jsonFlag(c, &asJSON)
	return c
}

// take gives the first items of a list, 0 = all, and whether there are more.
func take[T any](list iter.Seq2[T, error], limit int) (items []T, more bool, err error) {
	items = []T{}
	for item, err := range list {
		switch {
		case err != nil:
			return nil, false, err
		case limit > 0 && len(items) == limit:
			return items, true, nil
		}
		items = append(items, item)
	}
	return items, false, nil
}

// collect takes all of a list that comes by pages.
func collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	items, _, err := take(list, 0)
	return items, err
}

// filtered leaves out what is not to be kept.
func filtered[T any](list iter.Seq2[T, error], keep func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range list {
			if (err != nil || keep(item)) && !yield(item, err) {
				return
			}
		}
	}
}

// showCommand makes a command that asks for one thing and prints it.
func showCommand[T any](r remote, use, short string, args int, get func(c *cobra.Command, api *client.Client, args []string) (T, error), print func(io.Writer, T)) *cobra.Command {
	asJSON := false
	c := ask(r, use, short, args, func(c *cobra.Command, api *client.Client, args []string) error {
		v, err := get(c, api, args)
		switch {
		case err != nil:
			return err
		case asJSON:
			return printJSON(c.OutOrStdout(), v)
		}
		print(c.OutOrStdout(), v)
		return nil
	})
	jsonFlag(c, &asJSON)
	return c
}
