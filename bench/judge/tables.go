package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// row is what one detector comes to on a set.
type row struct {
	name string
	nab  []best // its scores in the benchmark's profiles
	told string // its standard score as published
	tally
	top  float64 // event F1 over thresholds
	area float64
}

// judged makes a row with the detector's own flags, or with a threshold if it
// is not NaN.
func judged(name string, s set, said []verdicts, threshold float64) row {
	r := row{name: name, tally: tallyAll(s, said, threshold), area: areaPR(s, said)}
	r.top = bestF1(s, said)
	return r
}

// judgeLabelled judges the detectors that can be run on a folder of labelled
// files.
func judgeLabelled(ctx context.Context, dir string, o options, out io.Writer) error {
	s, err := readLabelled(ctx, dir, o.split)
	if err != nil {
		return err
	}
	heading(out, s, o.split)
	ownFlags := math.NaN()
	said, err := detector{"honeymoat", ours}.apply(ctx, s)
	if err != nil {
		return err
	}
	naive, err := detector{"windowed Gaussian", windowedGaussian}.apply(ctx, s)
	if err != nil {
		return err
	}
	printRows(out, []row{judged("honeymoat", s, said, ownFlags), judged("windowed Gaussian", s, naive, ownFlags)})
	printGroups(out, s, said)
	printWorst(out, s, said, o.worst)
	return nil
}

// judgeNAB judges honeymoat and the published detectors on the benchmark.
func judgeNAB(ctx context.Context, o options, out io.Writer) error {
	s, err := readNAB(ctx, o.nab, o.split)
	if err != nil {
		return err
	}
	heading(out, s, o.split)
	said, err := detector{"honeymoat", ours}.apply(ctx, s)
	if err != nil {
		return err
	}
	first := judged("honeymoat", s, said, math.NaN())
	first.nab = nabScores(s, said)
	byFlags := judged("honeymoat, flags alone", s, flagsAsScores(said), math.NaN())
	byFlags.nab = nabScores(s, flagsAsScores(said))
	rows := []row{first, byFlags}
	if o.published {
		others, err := judgePublished(ctx, o.nab, s, o.split == "all")
		if err != nil {
			return err
		}
		rows = append(rows, others...)
	}
	printRows(out, rows)
	printGroups(out, s, said)
	printWorst(out, s, said, o.worst)
	return nil
}

// judgePublished judges the published detectors, the best first, each by the
// threshold that gives it its best standard score.
func judgePublished(ctx context.Context, dir string, s set, whole bool) ([]row, error) {
	all, err := listPublished(dir)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(all))
	err = each(ctx, all, func(i int, p published) error {
		said, err := readResults(ctx, dir, p.name, s)
		if err != nil {
			return err
		}
		scores := nabScores(s, said)
		rows[i] = judged(p.name, s, said, scores[0].threshold)
		rows[i].nab = scores
		if told, ok := p.told["standard"]; ok && whole {
			rows[i].told = figure(told)
		}
		return nil
	})
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.nab[0].score, a.nab[0].score) })
	return rows, err
}

// flagsAsScores makes the flags the only two scores.
func flagsAsScores(said []verdicts) []verdicts {
	all := make([]verdicts, len(said))
	for i, v := range said {
		all[i] = newVerdicts(len(v.flags))
		for j, flagged := range v.flags {
			if all[i].flags[j] = flagged; flagged {
				all[i].scores[j] = 1
			}
		}
	}
	return all
}

func heading(out io.Writer, s set, which string) {
	points, events := 0, 0
	for _, f := range s.files {
		points += len(f.times)
		events += len(f.events)
	}
	fmt.Fprintf(out, "\n%s, %s: %d files, %d points, %d events\n\n", s.name, which, len(s.files), points, events)
}

// delays prints how long after its first point a found event is flagged, in
// points and as a share of the event.
func (t tally) delays() (points, share string) {
	if t.found == 0 {
		return "-", "-"
	}
	return figure(t.delay / float64(t.found)), fmt.Sprintf("%.0f %%", 100*t.share/float64(t.found))
}

func figure(x float64) string { return fmt.Sprintf("%.1f", x) }

// printRows prints the main table; with the scores of NAB where rows have them.
func printRows(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "detector\t")
	if rows[0].nab != nil {
		for _, p := range nabProfiles() {
			fmt.Fprint(w, "NAB "+p.name+"\t")
		}
		fmt.Fprint(w, "published\t")
	}
	fmt.Fprint(w, "event F1\tprecision\trecall\tfalse/1k\tadjusted F1\tdelay\tof event\tbest event F1\tAUC-PR\t\n")
	for _, r := range rows {
		fmt.Fprint(w, r.name+"\t")
		for _, b := range r.nab {
			fmt.Fprint(w, figure(b.score)+"\t")
		}
		if r.nab != nil {
			fmt.Fprint(w, r.told+"\t")
		}
		delay, share := r.delays()
		precision := "-"
		if r.found+r.alarms > 0 {
			precision = fmt.Sprintf("%.3f", r.precision())
		}
		fmt.Fprintf(w, "%.3f\t%s\t%.3f\t%.2f\t%.3f\t%s\t%s\t%.3f\t%.3f\t\n",
			r.f1(), precision, r.recall(), r.perThousand(), r.adjusted(), delay, share, r.top, r.area)
	}
	w.Flush()
}

// printGroups prints honeymoat's figures for each folder of the set.
func printGroups(out io.Writer, s set, said []verdicts) {
	groups, parts := map[string]*set{}, map[string][]verdicts{}
	var names []string
	for i, f := range s.files {
		g := f.group()
		if groups[g] == nil {
			groups[g] = &set{name: g}
			names = append(names, g)
		}
		groups[g].files = append(groups[g].files, f)
		parts[g] = append(parts[g], said[i])
	}
	fmt.Fprintln(out)
	rows := make([]row, 0, len(names))
	for _, name := range names {
		rows = append(rows, judged(name, *groups[name], parts[name], math.NaN()))
	}
	printRows(out, rows)
}

// printWorst lists the files that cost most: missed events and false alarms.
func printWorst(out io.Writer, s set, said []verdicts, most int) {
	type result struct {
		name string
		tally
	}
	results := make([]result, len(s.files))
	for i, f := range s.files {
		results[i] = result{f.name, f.tallyAt(said[i], math.NaN())}
	}
	cost := func(r result) int { return r.events - r.found + r.alarms }
	slices.SortStableFunc(results, func(a, b result) int { return cmp.Compare(cost(b), cost(a)) })
	if most >= 0 {
		results = results[:min(most, len(results))]
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "worst files of honeymoat\tpoints\tevents\tmissed\tfalse alarms\tevent F1\tdelay\t\n")
	for _, r := range results {
		delay, _ := r.delays()
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.3f\t%s\t\n", r.name, r.points, r.events, r.events-r.found, r.alarms, r.f1(), delay)
	}
	w.Flush()
}
