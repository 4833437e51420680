package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LibraryEnv names the environment variable that points at libchdb.so.
const LibraryEnv = "HONEYMOAT_ENGINE"

// ErrNoLibrary means that libchdb.so was not found.
var ErrNoLibrary = errors.New("ClickHouse's engine is missing")

// FindLibrary returns the path of libchdb.so: the configured one if any, else
// that in the environment, else the first that exists of
// <executable's directory>/../.cache/engine, .cache/engine, /usr/local/lib and
// /usr/lib. A configured or named library that does not exist is an error:
// nothing else is loaded in its place.
func FindLibrary(configured string) (string, error) {
	if named := orDefault(configured, os.Getenv(LibraryEnv)); named != "" {
		return usable(named)
	}
	places := libraryPlaces()
	for _, place := range places {
		if path, err := usable(place); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: no libchdb.so in %s; run `make engine`, or set store.engine.library or %s to its path",
		ErrNoLibrary, strings.Join(places, ", "), LibraryEnv)
}

func libraryPlaces() []string {
	var places []string
	if exe, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(exe), "..", ".cache", "engine", "libchdb.so"))
	}
	return append(places, filepath.Join(".cache", "engine", "libchdb.so"),
		"/usr/local/lib/libchdb.so", "/usr/lib/libchdb.so")
}

// usable returns the absolute path of a library that exists.
func usable(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	info, err := os.Stat(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s does not exist; run `make engine`, or set store.engine.library or %s to the path of libchdb.so",
			ErrNoLibrary, path, LibraryEnv)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	if info.IsDir() {
		return "", fmt.Errorf("%w: %s is a directory, not libchdb.so", ErrNoLibrary, path)
	}
	return abs, nil
}
