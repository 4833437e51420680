// Package reference writes the reference of a program (commands, flags,
// configuration keys, environment variables, ports, directories, exit codes)
// as Markdown, from the code that implements them, so that the document in
// the repository can be compared with it.
//
// It imports cobra and config. It never runs a command.
package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/honeymoat/honeymoat/pkg/config"
)

// Row is one line of a table: a name and what it means.
type Row struct{ Name, Meaning string }

// Program is all that there is to say about one program.
type Program struct {
	Root        *cobra.Command
	Keys        []config.Key
	Environment []Row
	Ports       []Row
	Directories []Row
	ExitCodes   []Row
}

// Markdown writes the reference under a heading of the second level.
func (p Program) Markdown() string {
	var s strings.Builder
	fmt.Fprintf(&s, "## `%s`\n\n%s\n", p.Root.Name(), p.Root.Short)
	s.WriteString("\n### Commands\n\n| command | what it does |\n|---|---|\n")
	walk(p.Root, func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() {
			fmt.Fprintf(&s, "| `%s` | %s |\n", escape(c.UseLine()), escape(c.Short))
		}
	})
	s.WriteString("\n### Flags\n\n| command | flag | default | meaning |\n|---|---|---|---|\n")
	walk(p.Root, func(c *cobra.Command) { flags(&s, c) })
	s.WriteString("\n### Configuration keys\n\n| key | type | default | meaning |\n|---|---|---|---|\n")
	for _, k := range p.Keys {
		fmt.Fprintf(&s, "| `%s` | %s | %s | %s |\n", k.Name, k.Type, code(k.Default), escape(k.Doc))
	}
	table(&s, "Environment variables", "variable", p.Environment)
	table(&s, "Ports and sockets", "address", p.Ports)
	table(&s, "Directories and files", "path", p.Directories)
	table(&s, "Exit codes", "code", p.ExitCodes)
	return s.String()
}

func walk(c *cobra.Command, visit func(*cobra.Command)) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
		return
	}
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}

func flags(s *strings.Builder, c *cobra.Command) {
	local := c.NonInheritedFlags()
	local.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(s, "| `%s` | `%s` | %s | %s |\n", c.CommandPath(), name, code(f.DefValue), escape(f.Usage))
	})
}

func table(s *strings.Builder, title, column string, rows []Row) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(s, "\n### %s\n\n| %s | meaning |\n|---|---|\n", title, column)
	for _, r := range rows {
		fmt.Fprintf(s, "| `%s` | %s |\n", r.Name, escape(r.Meaning))
	}
}

func code(s string) string {
	if s == "" || s == "[]" {
		return ""
	}
	return "`" + s + "`"
}

func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
