package honeymoat_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/agentcli"
	"github.com/honeymoat/honeymoat/pkg/cli"
)

var update = flag.Bool("update", false, "write deploy/REFERENCE.md anew")

const referenceFile = "deploy/REFERENCE.md"

const referenceHead = `# Reference

Commands, flags, configuration keys, environment variables, ports, directories and exit codes of both programs. This page is written from the code: ` + "`go test . -run Reference -update`" + `; a test fails when it is out of date. The contract of each gateway (headers, log format) stands beside its configuration, as in [gateways/nginx](gateways/nginx).

`

func TestReferenceIsUpToDate(t *testing.T) {
	clearEnv(t)
	want := referenceHead + cli.Reference("").Markdown() + "\n" + agentcli.Program().Markdown()
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is out of date (go test . -run Reference -update):\n%s", referenceFile, diff)
	}
}

// clearEnv takes the product's variables away: they are defaults of flags.
func clearEnv(t *testing.T) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "HONEYMOAT_") {
			t.Setenv(name, "")
		}
	}
}
