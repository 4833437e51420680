package cli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

func privacyCommand() *cobra.Command {
	parent := command.Group("privacy", "See what is masked before anything is kept.")
	parent.AddCommand(privacyDetectors(), privacyTry())
	return parent
}

func privacyDetectors() *cobra.Command {
	return &cobra.Command{
		Use:   "detectors",
		Short: "List the detectors of secrets and personal data.",
		Args:  command.Exactly(0),
		Run: func(c *cobra.Command, _ []string) {
			t := newTable(c.OutOrStdout(), "detector", "on by default", "finds")
			for _, d := range privacy.Detectors() {
				t.AppendRow(table.Row{d.Name, yes(d.Default), d.Finds})
			}
			t.Render()
		},
	}
}

func privacyTry() *cobra.Command {
	c := &cobra.Command{
		Use:   "try TEXT",
		Short: "Show what would be kept of a path, a query or any other text (- reads it from standard input).",
		Args:  command.Exactly(1),
	}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		masker, err := shipping.NewMasker(cfg.Privacy, privacy.Keyring{})
		if err != nil {
			return command.Usage(err)
		}
		text, err := valueOf(c, args[0])
		if err != nil {
			return err
		}
		var kinds privacy.Kinds
		masked, changed := masker.Append(nil, []byte(text), &kinds)
		if !changed {
			masked = []byte(text)
		}
		fmt.Fprintln(c.OutOrStdout(), string(masked))
		if changed {
			fmt.Fprintln(c.OutOrStdout(), "masked:", strings.Join(masker.Names(kinds), ", "))
		}
		return nil
	}
	return c
}
