package reference

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/config"
)

func TestMarkdownListsAllThatIsVisible(t *testing.T) {
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "tool", Short: "Does things."}
	root.PersistentFlags().String("config", "x.yaml", "Configuration file.")
	add := &cobra.Command{Use: "add A|B", Short: "Adds one.", Run: run}
	add.Flags().BoolP("yes", "y", false, "Do not ask.")
	hidden := &cobra.Command{Use: "engine", Short: "Secret.", Hidden: true, Run: run}
	root.AddCommand(add, hidden)
	text := Program{
		Root: root, Keys: []config.Key{{Name: "a.b", Type: "size", Default: "1GiB", Doc: "Room."}},
		ExitCodes: []Row{{"0", "All is well."}},
	}.Markdown()
	for _, want := range []string{
		"## `tool`", "| `tool add A\\|B [flags]` | Adds one. |", "| `tool` | `--config` | `x.yaml` | Configuration file. |",
		"| `tool add` | `-y, --yes` | `false` | Do not ask. |", "| `a.b` | size | `1GiB` | Room. |", "| `0` | All is well. |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Secret") || strings.Contains(text, "Ports") {
		t.Errorf("shows what is hidden or empty:\n%s", text)
	}
}
