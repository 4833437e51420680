// Package tailer finds log files, follows them over every kind of rotation,
// and keeps how far each has been acknowledged. It implements ingest.Files.
//
// A file is known by device, inode, generation and first line, never by its
// name. Changes are announced by the watcher of nxadm/tail, on the directory
// so that it outlives a rotation; a slow poll finds what no event told.
//
//   - Renamed: the old handle is read until it has been idle a while, and found
//     again by its inode after a restart.
//   - Copied and truncated: the file gets a new generation, written down before
//     anything of it is handed out; what was not read yet is read from the copy,
//     under the old identity.
//   - Replaced, shrunk, deleted, inode used again: told by first line and size.
//
// It may import ingest, event, the watcher, an atomic file writer, metrics and
// decompressors. It never parses a line. One process has one Tailer for a
// file: the watcher is shared by the whole process.
package tailer
