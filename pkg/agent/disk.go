package agent

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replaceFile writes a file so that after a crash at any moment there is the
// old content or the new one.
func replaceFile(path string, data []byte) error {
	return renameio.WriteFile(path, data, 0o600, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
}

// removeLeftovers removes what a killed process left of replaceFile.
func removeLeftovers(path string) error {
	dir, base := filepath.Split(path)
	left, err := filepath.Glob(filepath.Join(dir, "."+base+"[0-9]*"))
	if err != nil {
		return fmt.Errorf("look for unfinished files of %s: %w", path, err)
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("remove an unfinished file: %w", err)
		}
	}
	return nil
}
