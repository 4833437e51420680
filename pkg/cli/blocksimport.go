package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func blocksImport(r remote) *cobra.Command {
	asJSON, dryRun, format := false, false, ""
	c := ask(r, "import FILE", "Block what a list says: a target a line, CSV with a line of column names, or JSON as `blocks list --json` prints it. - is standard input.", 1, nil)
	spec, how := addSpecFlags(c), addCallFlags(c)
	c.RunE = asking(r, func(c *cobra.Command, api *client.Client, args []string) error {
		items, err := readList(c.InOrStdin(), args[0], format)
		if err != nil {
			return err
		}
		req := wire.BulkRequest{DryRun: dryRun}
		if req.BlockSpec, err = spec.read(); err != nil {
			return err
		}
		results, err := importAll(c, api, req, items, how.call())
		if asJSON {
			err = errorOr(err, printJSON(c.OutOrStdout(), results))
		} else {
			printAllImported(c.OutOrStdout(), results)
		}
		return errorOr(err, importFailed(results))
	})
	c.Flags().StringVar(&format, "format", "", strings.Join(listFormats(), ", ")+". Default: by the file's name, or how it begins.")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "Ask the guard what would come of it, and change nothing.")
	jsonFlag(c, &asJSON)
	return c
}

func readList(in io.Reader, file, format string) ([]wire.BulkItem, error) {
	var data []byte
	var err error
	if file == standardInput {
		data, err = io.ReadAll(in)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, command.Usage(fmt.Errorf("read the list: %w", err))
	}
	if format == "" {
		format = formatOf(file, data)
	}
	items, err := readBlocklist(format, data, time.Now())
	if err != nil {
		return nil, command.Usage(fmt.Errorf("nothing was imported; %s: %w", file, err))
	}
	if len(items) == 0 {
		return nil, command.Usage(fmt.Errorf("%s: there is nothing in the list", file))
	}
	return items, nil
}

// importAll asks for all items, as many at once as the service takes. What
// was done before an error stays done, and stands beside it.
func importAll(c *cobra.Command, api *client.Client, req wire.BulkRequest, items []wire.BulkItem, how client.Call) ([]imported, error) {
	var results []imported
	key := how.Key
	for n, chunk := range slices.Collect(slices.Chunk(items, wire.MaxBulk)) {
		if key != "" && len(items) > wire.MaxBulk {
			how.Key = key + "-" + strconv.Itoa(n+1)
		}
		req.Items = chunk
		res, err := api.AddBlocks(c.Context(), req, how)
		if err != nil {
			return results, err
		}
		results = append(results, imported{res, chunk})
	}
	return results, nil
}

// imported is the answer to one request of an import.
type imported struct {
	wire.BulkResult
	asked []wire.BulkItem
}

func printAllImported(w io.Writer, results []imported) {
	for _, res := range results {
		printImported(w, res)
	}
}

func printImported(w io.Writer, res imported) {
	var outcomes []string
	for _, outcome := range slices.Sorted(maps.Keys(res.Counts)) {
		outcomes = append(outcomes, fmt.Sprintf("%d %s", res.Counts[outcome], outcomeText(outcome, res.DryRun)))
	}
	fmt.Fprintf(w, "%s: %s.\n", count(len(res.Items), "target"), strings.Join(outcomes, ", "))
	printOutcomes(w, res)
	printWarnings(w, res)
	if res.Approval != nil {
		printGuard(w, res.Approval.Guard)
	}
	if res.AlreadyWaiting {
		fmt.Fprintf(w, "The same waits already, asked for by %s at %s.\n", res.Approval.By, clock(res.Approval.At))
	}
	printWaiting(w, res.Approval)
	printBatches(w, res.BulkResult)
	printPropagation(w, res.Propagation)
}

// printBatches tells how to undo what was asked for: what waits may be part of
// an earlier batch.
func printBatches(w io.Writer, res wire.BulkResult) {
	if res.DryRun {
		return
	}
	undo := func(which, batch string) {
		fmt.Fprintf(w, "%s batch %s; to undo it: honeymoat blocks undo %s --reason …\n", which, batch, batch)
	}
	switch {
	case res.AlreadyWaiting && res.Approval.Batch != "":
		undo("What waits is", res.Approval.Batch)
		if res.Counts[wire.OutcomeMade] > 0 {
			undo("What was made is", res.Batch)
		}
	case res.Counts[wire.OutcomeMade]+res.Counts[wire.OutcomePending] > 0:
		undo("They are", res.Batch)
	}
}

func outcomeText(outcome string, dryRun bool) string {
	switch {
	case outcome == wire.OutcomeMade && dryRun:
		return "would be made"
	case outcome == wire.OutcomeExists:
		return "blocked already"
	case outcome == wire.OutcomePending && dryRun:
		return "would wait for a second person"
	case outcome == wire.OutcomePending:
		return "wait for a second person"
	}
	return outcome
}

// printOutcomes lists what was refused, then what waits for itself, and why.
func printOutcomes(w io.Writer, res imported) {
	t := newTable(w, "target", "outcome", "because", "what to do")
	rows := 0
	add := func(which func(wire.BulkOutcome) bool) {
		for i, o := range res.Items {
			if !which(o) {
				continue
			}
			if rows++; rows <= most {
				t.AppendRow(table.Row{text.WrapSoft(res.asked[i].Target.String(), 40), o.Outcome, text.WrapSoft(o.Detail, 60), text.WrapSoft(o.Hint, 40)})
			}
		}
	}
	add(func(o wire.BulkOutcome) bool {
		return o.Outcome == wire.OutcomeRefused || o.Outcome == wire.OutcomeInvalid
	})
	add(func(o wire.BulkOutcome) bool { return o.Outcome == wire.OutcomePending && o.Detail != "" })
	if rows > 0 {
		t.Render()
		printRest(w, rows, "--json has all")
	}
}

// printWarnings tells each warning once, and of how many targets.
func printWarnings(w io.Writer, res imported) {
	var order []string
	times := map[string]int{}
	for _, o := range res.Items {
		for _, warning := range o.Warnings {
			if times[warning]++; times[warning] == 1 {
				order = append(order, warning)
			}
		}
	}
	for _, warning := range order[:min(most, len(order))] {
		fmt.Fprintf(w, "Note (%s): %s.\n", count(times[warning], "target"), warning)
	}
	printRest(w, len(order), "--json has all")
}

// importFailed is the error of an import of which something was not done.
func importFailed(results []imported) error {
	refused, text := 0, " not taken; the others are"
	for _, res := range results {
		if res.DryRun {
			text = " would not be taken"
		}
		refused += res.Counts[wire.OutcomeRefused] + res.Counts[wire.OutcomeInvalid]
		if err := unenforced(res.Propagation); err != nil {
			return err
		}
	}
	if refused > 0 {
		return errors.New(count(refused, "target") + text)
	}
	return nil
}

func blocksUndo(r remote) *cobra.Command {
	reason := ""
	c := ask(r, "undo BATCH", "End all blocks that one call has made, an import for example.", 1, func(c *cobra.Command, api *client.Client, args []string) error {
		res, err := api.UndoBatch(c.Context(), args[0], reason)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s of batch %s ended; nothing of it waits for a person any more.\n", count(res.Removed, "block"), res.Batch)
		return nil
	})
	c.Flags().StringVar(&reason, "reason", "", "Why. Somebody will ask.")
	command.Require(c, "reason")
	return c
}
