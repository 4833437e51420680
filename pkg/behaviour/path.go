package behaviour

import "bytes"

// extension gives what follows the last dot of a path's last segment, if it is
// short enough to be one.
func extension(path []byte) []byte {
	for i := len(path) - 1; i >= 0 && i >= len(path)-6; i-- {
		switch path[i] {
		case '/':
			return nil
		case '.':
			return path[i+1:]
		}
	}
	return nil
}

// isAsset tells what a page brings along: styles, scripts, pictures, fonts.
func isAsset(path []byte) bool {
	ext := extension(path)
	return len(ext) > 0 && isAssetExtension(ext)
}

// isDownload tells files that are there to be downloaded: their size says
// nothing.
func isDownload(path []byte) bool {
	switch string(extension(path)) {
	case "zip", "gz", "tgz", "xz", "bz2", "7z", "rar", "jar", "war", "whl", "gem", "deb", "rpm", "apk", "ipa", "iso", "img", "exe", "dmg",
		"msi", "pkg", "bin", "pdf", "ppt", "pptx", "wav", "flv", "avi", "mkv", "mov", "mpg", "m4v", "m4a", "flac", "torrent":
		return true
	}
	return false
}

func isAssetExtension(ext []byte) bool {
	switch string(ext) {
	case "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "woff", "woff2", "ttf", "eot", "otf",
		"mp3", "mp4", "webm", "ogg", "m4s", "ts", "PNG", "JPG", "GIF", "CSS", "JS":
		return true
	}
	return false
}

// hole is where the identifier of an object stands in the paths of a route: how
// many segments follow it. noHole is a route without one.
type hole int8

const noHole hole = -1

// holeOf looks for the last placeholder of a template that names an object.
func holeOf(template []byte) hole {
	after := hole(0)
	for rest := bytes.TrimRight(template, "/"); len(rest) > 0 && after < 16; after++ {
		cut := bytes.LastIndexByte(rest, '/')
		switch segment := rest[cut+1:]; {
		case bytes.Contains(segment, []byte("{unknown}")), bytes.Contains(segment, []byte("{other}")):
			return noHole
		case namesObject(segment):
			return after
		}
		rest = bytes.TrimRight(rest[:max(cut, 0)], "/")
	}
	return noHole
}

func namesObject(segment []byte) bool {
	if len(segment) > 1 && segment[0] == ':' {
		return true
	}
	open := bytes.IndexByte(segment, '{')
	if open < 0 {
		return false
	}
	return !containsAny(segment, "{version}", "{date}", "{page}", "{text}", "{ip}", "{lang", "{locale")
}

// in gives the segment of a path that stands in the hole, or nothing.
func (h hole) in(path []byte) []byte {
	end := len(path)
	for after := h; ; after-- {
		for end > 0 && path[end-1] == '/' {
			end--
		}
		start := bytes.LastIndexByte(path[:end], '/')
		if start < 0 {
			return nil
		}
		if after == 0 {
			return path[start+1 : end]
		}
		end = start
	}
}

// numberIn gives the number with which an identifier ends: of "INV-1041" it is
// 1041. Long ones and such as hold hexadecimal digits are no numbers.
func numberIn(id []byte) (n uint64, ok bool) {
	start := len(id)
	for start > 0 && id[start-1] >= '0' && id[start-1] <= '9' {
		start--
	}
	digits := id[start:]
	if len(digits) == 0 || len(digits) > 15 || start > 0 && !isPrefix(id[:start]) {
		return 0, false
	}
	for _, d := range digits {
		n = n*10 + uint64(d-'0')
	}
	return n, true
}

// isPrefix tells "INV-" from the rest of a UUID or hash.
func isPrefix(text []byte) bool {
	if len(text) > 8 {
		return false
	}
	for _, c := range text {
		if c >= '0' && c <= '9' {
			return false
		}
	}
	return true
}
