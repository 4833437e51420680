package haproxy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

const fileMode = 0o640 // HAProxy reads them before it gives up its rights

// folder is where the files of the maps are.
type folder string

// file is the path of a map, by which HAProxy knows it too.
func (f folder) file(table string) string { return filepath.Join(string(f), table+".map") }

// prepare makes what is not there yet: HAProxy does not start without.
func (f folder) prepare() error {
	if err := os.MkdirAll(string(f), 0o750); err != nil {
		return fmt.Errorf("make the directory of HAProxy's maps: %w", err)
	}
	for _, name := range tableNames() {
		file, err := os.OpenFile(f.file(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return fmt.Errorf("make HAProxy's map %s: %w", f.file(name), err)
		}
	}
	return nil
}

// write brings the files of stale tables up to date, the state last: it says
// what the others hold.
func (f folder) write(t *tables) error {
	for _, name := range tableNames() {
		if !t.stale[name] {
			continue
		}
		text := strings.Join(t.lines(name), "")
		err := renameio.WriteFile(f.file(name), []byte(text), fileMode, renameio.WithTempDir(string(f)), renameio.WithStaticPermissions(fileMode))
		if err != nil {
			return fmt.Errorf("write HAProxy's map %s: %w", f.file(name), err)
		}
		delete(t.stale, name)
	}
	return nil
}
