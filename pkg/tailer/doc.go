// Package tailer finds log files, follows them over every kind of rotation,
// and keeps how far each has been acknowledged. It implements ingest.Files.
//
// # The model
//
// A stream is what a gateway writes into one log until it begins the next: a
// run of bytes that only grows. Streams have an identity, an entry in the
// positions file, and no name. A file is a place in which a stream lies, plain
// or compressed, for a while: a log that is copied and truncated, or whose
// inode is used again, holds another stream afterwards, and the old one lies
// in the copy.
//
// On record of a stream are digests of how it begins (its first line, its first
// two lines and so on, up to eight lines or a kilobyte), how far it is on the
// bus, a digest of the last words before that place, and the file in which it
// was seen last. With these a scan settles, for every file at a configured path
// or beside one, which stream it holds:
//
//   - A stream stays in the file where it was seen last, whatever that is
//     called by now, as long as the file begins like it, reaches as far as it
//     was read, and has the same words there.
//   - A stream whose file holds something else, or is gone, moves to a file
//     that does. That is how the copy of a truncated log is found, and the
//     compressed form of a rotated one, which is unpacked from its beginning
//     and passed over up to where the stream was read.
//   - A file that begins like a stream which is at home elsewhere is a copy,
//     perhaps in the making, and is left alone.
//   - Any other file is a new stream, if it is at a configured path, or has a
//     name that rotation makes of one: then it came and went between two looks.
//     What lay there when a source was first looked at is history.
//
// Reading checks afterwards that what was read before is still there, so that
// nothing of the next stream is ever taken for a part of the last. All that is
// settled is settled by the one goroutine that scans; those that read only
// find out that they have to stop.
//
// Changes are announced by the watcher of nxadm/tail, on the directory so that
// it outlives a rotation; a slow poll finds what no event told. No decision
// depends on a clock: the times of files are compared for being the same, or
// order what is read first, and ages are measured by the monotonic clock of
// this process.
//
// # Bounds
//
// At most Options.MaxFiles files are open, two of them compressed. Deleted
// files hold at most Options.Deleted bytes of the disk. What finds no room
// waits where it lies, and is found there again. The positions file remembers
// 256 streams of each source that lie nowhere any more.
//
// It may import ingest, event, the watcher, an atomic file writer, metrics and
// decompressors. It never parses a line. One process has one Tailer for a
// file: the watcher is shared by the whole process.
package tailer
