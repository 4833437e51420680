package nginx

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folder is a directory with versions of the files in directories of their
// own, and a symbolic link to the one in force: renaming the link changes all
// files at once. nginx includes them as current/…. A second link leads to the
// version that nginx has taken last: the two differ while one is being checked.
type folder struct{ dir string }

const (
	currentLink   = "current"
	checkedLink   = "checked"
	rejectedDir   = "rejected" // what nginx did not take last, for a person to look at
	versionPrefix = "v"
)

// prepare makes the directory.
func (f folder) prepare() error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return fmt.Errorf("make the directory of nginx's files: %w", err)
	}
	return nil
}

// read gives the files in force; none when there are none.
func (f folder) read() (map[string][]byte, error) {
	entries, err := os.ReadDir(filepath.Join(f.dir, currentLink))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read nginx's files: %w", err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(f.dir, currentLink, e.Name())); err != nil {
			return nil, fmt.Errorf("read nginx's files: %w", err)
		}
	}
	return files, nil
}

// write makes a version on disk, not in force yet, and gives its name.
func (f folder) write(files map[string][]byte) (version string, err error) {
	path, err := os.MkdirTemp(f.dir, versionPrefix)
	if err != nil {
		return "", fmt.Errorf("write nginx's files: %w (may this user write there?)", err)
	}
	err = os.Chmod(path, 0o755)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err == nil {
			err = writeSynced(filepath.Join(path, name), files[name])
		}
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("write nginx's files: %w", withoutPath(err)), os.RemoveAll(path))
	}
	return filepath.Base(path), nil
}

func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// withoutPath leaves out of an error a name that is made up anew each time, so
// that a failure that lasts stays the same.
func withoutPath(err error) error {
	if at, is := errors.AsType[*fs.PathError](err); is {
		return fmt.Errorf("%s %s: %w", at.Op, filepath.Base(at.Path), at.Err)
	}
	return err
}

// current is the version in force; empty without one.
func (f folder) current() (string, error) { return f.leads(currentLink) }

// checked is the version that nginx has taken last; empty without one.
func (f folder) checked() (string, error) {
	version, err := f.leads(checkedLink)
	if err != nil || version == "" {
		return "", err
	}
	_, err = os.Stat(filepath.Join(f.dir, version))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // somebody has removed it
	}
	if err != nil {
		return "", fmt.Errorf("look for the files that nginx has taken last: %w", err)
	}
	return version, nil
}

func (f folder) leads(link string) (version string, err error) {
	version, err = os.Readlink(filepath.Join(f.dir, link))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("see which of nginx's files are %s: %w", link, err)
	}
	return version, nil
}

// use puts a version into force; without a name, none is.
func (f folder) use(version string) error {
	if version != "" {
		return f.lead(currentLink, version)
	}
	if err := removeIfThere(filepath.Join(f.dir, currentLink)); err != nil {
		return fmt.Errorf("take nginx's files away: %w", err)
	}
	return nil
}

// approve notes that nginx takes a version, which is in force.
func (f folder) approve(version string) error {
	now, err := f.current()
	if err != nil {
		return err
	}
	if now != version {
		return fmt.Errorf("somebody else has put %q of nginx's files into force while %q was checked", now, version)
	}
	return f.lead(checkedLink, version)
}

// lead has a link lead to a version.
func (f folder) lead(link, version string) error {
	temporary := filepath.Join(f.dir, "."+version)
	err := os.Symlink(version, temporary)
	if err == nil {
		err = os.Rename(temporary, filepath.Join(f.dir, link))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("have %s lead to new files of nginx: %w", link, err), removeIfThere(temporary))
	}
	return nil
}

// reject keeps a version that nginx did not take for a person to look at.
func (f folder) reject(version string) error {
	rejected := filepath.Join(f.dir, rejectedDir)
	if err := os.RemoveAll(rejected); err != nil {
		return fmt.Errorf("keep the files that nginx did not take: %w", err)
	}
	if err := os.Rename(filepath.Join(f.dir, version), rejected); err != nil {
		return fmt.Errorf("keep the files that nginx did not take: %w", err)
	}
	return nil
}

// tidy removes versions that are neither in force nor the last that nginx has
// taken, such as those of a process that was killed.
func (f folder) tidy() error {
	current, err1 := f.current()
	checked, err2 := f.checked()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("tidy nginx's files: %w", err)
	}
	var failures []error
	for _, e := range entries {
		name := strings.TrimPrefix(e.Name(), ".")
		if strings.HasPrefix(name, versionPrefix) && e.Name() != current && e.Name() != checked {
			failures = append(failures, os.RemoveAll(filepath.Join(f.dir, e.Name())))
		}
	}
	return errors.Join(failures...)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// sameFiles tells whether two versions say the same.
func sameFiles(a, b map[string][]byte) bool {
	return maps.EqualFunc(a, b, bytes.Equal)
}
