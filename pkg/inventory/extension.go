package inventory

import (
	"bytes"
	"slices"
	"strings"
)

// The extensions that stay in templates, sorted. Their number is bounded by
// the bits of node.variable.
var extensionNames = [...]string{
	"apk", "asp", "aspx", "atom", "avif", "bmp", "cgi", "css", "csv", "do", "doc", "docx", "eot", "exe", "gif", "gz",
	"htm", "html", "ico", "ics", "jar", "jpeg", "jpg", "js", "json", "jsp", "map", "md", "mjs", "mov", "mp3", "mp4",
	"ogg", "otf", "pdf", "php", "png", "ppt", "pptx", "rss", "svg", "tar", "tgz", "ttf", "txt", "wasm", "wav", "webm",
	"webp", "woff", "woff2", "xls", "xlsx", "xml", "yaml", "yml", "zip",
}

const longestExtension = 5

// suffix is the extension of a class with its dot.
func (c class) suffix() string {
	if c < extensions {
		return ""
	}
	return "." + extensionNames[c-extensions]
}

// splitExtension takes a known extension off a segment, whatever its case.
func splitExtension(seg []byte) (stem []byte, c class) {
	dot := bytes.LastIndexByte(seg, '.')
	n := len(seg) - dot - 1
	if dot <= 0 || n == 0 || n > longestExtension {
		return seg, plain
	}
	var low [longestExtension]byte
	for i, c := range seg[dot+1:] {
		low[i] = lower(c)
	}
	at, ok := slices.BinarySearchFunc(extensionNames[:], low[:n], func(name string, ext []byte) int {
		if name == string(ext) {
			return 0
		}
		return strings.Compare(name, string(ext))
	})
	if !ok {
		return seg, plain
	}
	return seg[:dot], extensions + class(at)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
