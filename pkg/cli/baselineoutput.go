package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// standardOutput stands where a file to write is named.
const standardOutput = "-"

// output is a file that appears under its name when it is whole, so that a
// failure leaves nothing half written and a file can be read and written in
// one go. What is no ordinary file (a pipe, a terminal) is written directly.
type output struct {
	io.Writer
	file *os.File // nil = standard output
	name string   // what the file becomes; "" = it is what it is
}

func createOutput(c *cobra.Command, name string) (*output, error) {
	if name == standardOutput {
		return &output{Writer: c.OutOrStdout()}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &output{Writer: f, file: f}, err
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".partial"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	return &output{Writer: f, file: f, name: name}, err
}

// close gives the file its name if all went well, and removes it if not.
func (o *output) close(failed *error) {
	if o.file == nil {
		return
	}
	*failed = errors.Join(*failed, o.file.Close())
	switch {
	case o.name == "":
	case *failed == nil:
		*failed = os.Rename(o.file.Name(), o.name)
	default:
		*failed = errors.Join(*failed, os.Remove(o.file.Name()))
	}
}
