package endtoend

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// programsEnv tells the tests where TestMain has put the programs.
const programsEnv = "HONEYMOAT_TEST_PROGRAMS"

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the programs from the tree as it stands: tests of yesterday's
// programs would tell nothing.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "honeymoat-programs-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare the end-to-end tests:", err)
		return 1
	}
	if err := playSideBySide(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare the end-to-end tests:", err)
		return 1
	}
	return m.Run()
}

// playSideBySide lets more tests run at once than there are processors, unless
// the command line says how many: they wait far more than they compute.
func playSideBySide() error {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if asked {
		return nil
	}
	return flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
}

func prepare(dir string) error {
	if err := stage.Build(context.Background(), dir); err != nil {
		return err
	}
	engine, err := filepath.Abs("../../.cache/engine/libchdb.so")
	if err != nil {
		return err
	}
	if _, err := os.Stat(engine); err != nil {
		return fmt.Errorf("%w (set it up: make engine)", err)
	}
	if err := os.Setenv("HONEYMOAT_ENGINE", engine); err != nil {
		return err
	}
	return os.Setenv(programsEnv, dir)
}
