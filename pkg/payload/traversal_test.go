package payload

import "testing"

func TestTraversal(t *testing.T) {
	finds(t, Traversal,
		"../../../etc/passwd", "..\\..\\..\\windows\\win.ini", "....//....//etc/passwd", "..././..././etc/passwd", "/etc/passwd", "/etc/shadow",
		"%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2f..%2fetc/passwd", "..%252f..%252fetc/passwd", "..%c0%af..%c0%afetc/passwd", "%c0%ae%c0%ae/etc/passwd",
		"..%5c..%5cboot.ini", "..%255c..%255cwindows/system32", "%u002e%u002e%u2215etc/passwd", "/../", "/..", "a/../b", "../", "..;/manager/html",
		"/..;/..;/", "c:\\windows\\win.ini", "C:/boot.ini", "file:///etc/passwd", "/proc/self/environ", "/proc/self/cmdline", "WEB-INF/web.xml",
		"/../WEB-INF/web.xml", "../../../etc/passwd\x00.jpg", "../../../etc/passwd%00", "/var/log/apache2/access.log", "....\\\\....\\\\boot.ini", "..／..／etc/passwd",
		"php://filter/convert.base64-encode/resource=../config", "images/../../config.php", "/var/www/../../etc/hosts", "/././././etc/passwd", "/etc/./passwd", "/etc//passwd",
		"../.ssh/id_rsa", "/root/.bash_history", "..0x2f..0x2fetc", "0x2e0x2e/0x2e0x2e/x", "/etc/apt/sources.list", "c:\\apache\\logs\\access.log", "/usr/local/apache/conf/httpd.conf", "..%u2215..%u2215x", ".../.../x", "..%c0%5cx", "/proc/config.gz")
}

func TestTraversalInPaths(t *testing.T) {
	f := func(path string, want Kinds) {
		t.Helper()
		var a Analyser
		if got := a.Path([]byte(path)); got != want {
			t.Errorf("Path(%q) = %v, want %v", path, got, want)
		}
	}
	f("/static/../../../etc/passwd", Traversal)
	f("/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd", Traversal)
	f("/icons/%%32%65%%32%65/etc/passwd", Traversal)
	f("/..%5c..%5cwindows/win.ini", Traversal)
	f("/WEB-INF/web.xml", Traversal)
	f("/static//etc/passwd", Traversal)
	f("/a/..;/b", Traversal)
	f("//....//x", Traversal)
	f("/index.html", 0)
	f("/a/b..c/d...", 0)
	f("/shop/jsessionid;v=1/x;w=2", 0)
	f("/docs/etc/intro", 0)
	f("/proceedings/2024/volume-1", 0)
	f("/compare/v1.0.0...v1.1.0", 0)
	f("/usr/profile/meta/latest/", 0)
	f("/.well-known/acme-challenge/x", 0)
	f("/windows/downloads", 0)
	f("/@scope/package@1.2.3", 0)
	f("/caf%C3%A9/%E4%BD%A0%E5%A5%BD", 0)
	f("/wiki/O'Brien_(surname)", 0)
	f("/search/1'%20or%20'1'='1", SQLi)
	f("/item/1%20union%20select%201,2/x", SQLi)
	f("/%3Cscript%3Ealert(1)%3C/script%3E", XSS)
}

func TestNoTraversal(t *testing.T) {
	clean(t,
		"2024-01-01..2024-12-31", "1..10", "a..b", "1.0.0...2.0.0", "wait...", "wait... what", "and so on.../or not", "...", "foo.bar.baz",
		"archive.tar.gz", "v1.2.3", "^1.2.3 || ~2.0", "C:\\Users\\bob\\Documents", "what is /etc/passwd", "how to edit /etc/hosts on linux",
		"windows 11", "/products/shoes", "docs/intro.md", "./build", "~/notes", "/home/user/file.txt", "boot camp", "libs/log/src/windows/debug_output.cpp", "/etc/ssl/certs is where they live", "initial value")
}
