package tailer

import (
	"path/filepath"
	"slices"
	"strings"
)

// isArchive tells by its name that a file is compressed; ok is false for a
// kind that cannot be unpacked here.
func isArchive(path string) (packed, ok bool) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".zst":
		return true, true
	case ".bz2", ".xz", ".lz4", ".zip", ".z":
		return true, false
	}
	return false, true
}

func trimArchive(name string) string {
	if packed, _ := isArchive(name); packed {
		return strings.TrimSuffix(name, filepath.Ext(name))
	}
	return name
}

func isGlob(path string) bool { return strings.ContainsAny(path, `*?[\`) }

// What rotation puts into a name: ".1", "-20240101", ".2024-01-01T00:00:00".
const (
	separators = ".-_"
	digits     = "0123456789"
	stamps     = separators + digits + ":TZ"
)

// rotatedFrom gives the names that a log may have had before rotation gave it
// this one.
func rotatedFrom(name string) []string {
	plain := trimArchive(name)
	var names []string
	if plain != name {
		names = append(names, plain)
	}
	names = append(names, unstamped(plain)...)
	ext := filepath.Ext(plain)
	stem := strings.TrimSuffix(plain, ext)
	switch strings.TrimRight(ext, digits) {
	case ".old", ".bak", ".copy", ".orig", ".prev", ".save":
		return append(names, stem)
	}
	for _, short := range unstamped(stem) {
		names = append(names, short+ext)
	}
	return names
}

// unstamped takes numbers and dates off the end of a name, every way that
// leaves something of it.
func unstamped(name string) []string {
	var names []string
	least := len(strings.TrimRight(name, stamps))
	for i := max(1, least); i < len(name)-1; i++ {
		if strings.IndexByte(separators, name[i]) >= 0 && strings.IndexByte(digits, name[i+1]) >= 0 {
			names = append(names, name[:i])
		}
	}
	return names
}

// isRotated tells that a path may be the rotated form of a log that one of
// the patterns leads to.
func isRotated(patterns []string, path string) bool {
	dir := filepath.Dir(path)
	for _, name := range rotatedFrom(filepath.Base(path)) {
		if matches(patterns, filepath.Join(dir, name)) {
			return true
		}
	}
	return false
}

// matches tells that one of the patterns leads to a path.
func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := filepath.Match(p, path)
		return ok
	})
}

// related tells whether one path may be a copy of the other under a name that
// was derived from it: "a/access.log" of "a/access.log.bak".
func related(a, b string) bool {
	if filepath.Dir(a) != filepath.Dir(b) {
		return false
	}
	a, b = filepath.Base(a), filepath.Base(b)
	return strings.HasPrefix(a, root(b)) || strings.HasPrefix(b, root(a))
}

// root takes the extensions, and numbers before and after them, off a name.
func root(name string) string {
	const number = separators + digits
	name = strings.TrimRight(trimArchive(name), number)
	if name = strings.TrimSuffix(name, filepath.Ext(name)); name == "" {
		return "\x00"
	}
	if short := strings.TrimRight(name, number); short != "" {
		return short
	}
	return name
}
