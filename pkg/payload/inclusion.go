package payload

import "bytes"

// fileInclusion finds the stream wrappers of PHP, and code from elsewhere in a
// parameter that names a page or a file.
func fileInclusion(t *text) bool {
	for _, wrapper := range [...]string{"php://", "expect://", "zip://", "phar://", "glob://", "compress.zlib://", "compress.bzip2://", "data://", "ogg://", "ssh2.exec://", "rar://", "zlib:"} {
		if n := t.index(wrapper); n >= 0 && beginsURL(t.low, n) {
			return true
		}
	}
	return t.starts("data:text/plain", "data:;base64", "data:,", "data:application/x-httpd-php") || remoteCode(t)
}

// remoteCode finds a URL where a file's name belongs, of something that a server
// would run: a script or a text, or a ? that cuts off what the server appends.
func remoteCode(t *text) bool {
	if t.place != inValue || !t.starts("http://", "https://", "ftp://") || !namesFile(t.name) {
		return false
	}
	_, rest, _ := bytes.Cut(t.low, []byte("//"))
	host, path, _ := bytes.Cut(rest, []byte("/"))
	if _, numeric := addressNumber(bytes.ReplaceAll(host, []byte("."), nil)); numeric || bytes.HasSuffix(t.low, []byte("?")) || bytes.HasSuffix(t.low, []byte("\x00")) {
		return true
	}
	path, _, _ = bytes.Cut(path, []byte("?"))
	for _, end := range [...]string{".txt", ".php", ".inc", ".phtml", ".php5", ".sh", ".dat"} {
		if bytes.HasSuffix(path, []byte(end)) {
			return true
		}
	}
	return false
}

// namesFile tells whether a parameter names what a script includes.
func namesFile(name []byte) bool {
	switch borrow(name) {
	case "page", "file", "include", "inc", "path", "template", "tpl", "document", "doc", "folder", "root", "pg", "view", "layout", "mod",
		"module", "conf", "config", "lang", "language", "theme", "style", "load", "read", "dir", "locate", "show", "site", "content", "section",
		"basepath", "base_path", "abspath", "absolute_path", "root_path", "mosconfig_absolute_path", "phpbb_root_path", "p", "f", "cmd":
		return true
	}
	return false
}
