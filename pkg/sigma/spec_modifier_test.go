package sigma

import (
	"encoding/base64"
	"strings"
	"testing"
)

// The tests in this file follow the sections of the Sigma specification,
// version 2.1.0, appendix "Sigma Modifiers".

func TestGenericModifiers(t *testing.T) {
	item(t, "a|all:\n    - x\n    - y", `a = "x" & "y"`)
	item(t, "a|contains|all:\n    - x\n    - y", `a = "*x*" & "*y*"`)
	item(t, "a|all|contains:\n    - x\n    - y", `a = "*x*" & "*y*"`)
	item(t, "a|all: x", `a = "x"`)
	item(t, `a|startswith: 'adm'`, `a = "adm*"`)
	item(t, `a|endswith: '\cmd.exe'`, `a = "*\\cmd.exe"`)
	item(t, `a|contains: '\'`, `a = "*\\\\*"`)
	item(t, `a|contains: '*x*'`, `a = "*x*"`)
	item(t, `a|contains: 4444`, `a = "*4444*"`)
	item(t, `a|startswith: 0x10`, `a = "0x10*"`)
	item(t, `a|contains: ''`, `a = "*"`)
	item(t, `a|exists: true`, `a exists true`)
	item(t, `a|exists: false`, `a exists false`)
	item(t, `a|cased: X`, `a = "X" cased`)
	item(t, `a|contains|cased: X`, `a = "*X*" cased`)
	item(t, `a|neq: x`, `!(a = "x")`)
	item(t, "a|neq:\n    - x\n    - 1", `!(a = "x", 1)`)
	item(t, "a|neq|all:\n    - x\n    - y", `!(a = "x" & "y")`)
	item(t, `a|neq: null`, `!(a is null)`)
	item(t, `a|neq|exists: true`, `!(a exists true)`)
	item(t, "a|contains|neq|windash|all:\n    - ' -x'\n    - y", `not (a = "* -x*", "* /x*", "* –x*", "* —x*", "* ―x*" and a = "*y*")`)
	refusedItem(t, `a|exists: 5`, `a|exists: exists wants true or false, not "5"`)
	refusedItem(t, `a|exists: [true, false]`, `exists wants one value`)
	refusedItem(t, `a|contains|exists: true`, `exists cannot follow modifiers that change the value (write exists alone)`)
	refusedItem(t, `a|contains: null`, `contains, startswith and endswith want text, not null`)
	refusedItem(t, `a|contians: x`, `there is no modifier "contians" (did you mean "contains"?)`)
	refusedItem(t, `a|Contains: x`, `there is no modifier "Contains" (did you mean "contains"?)`)
	refusedItem(t, `a|: x`, `nothing stands behind a |`)
}

func TestWindash(t *testing.T) {
	item(t, `a|windash|contains: ' -x'`, `a = "* -x*", "* /x*", "* –x*", "* —x*", "* ―x*"`)
	item(t, `a|contains|windash: '/x'`, `a = "*-x*", "*/x*", "*–x*", "*—x*", "*―x*"`)
	item(t, `a|endswith|windash: '―x'`, `a = "*-x", "*/x", "*–x", "*—x", "*―x"`)
	item(t, `a|windash: x`, `a = "x"`)
	values := func(line string) []Value {
		t.Helper()
		c := parseAll(t, Options{}, rule("selection:\n    "+line+"\ncondition: selection\n"))
		return c.Rules[0].Condition.(*Search).Node.(*Item).Values
	}
	if n := len(values(`a|windash: '-a *-b'`)); n != 25 {
		t.Errorf("two dashes make %d values", n)
	}
	if n := len(values(`a|windash: '-a-b-c'`)); n != 125 {
		t.Errorf("three dashes make %d values", n)
	}
	// Too many for all: those at the begin of words.
	if n := len(values(`a|windash: '-a-b-c-d-e-f-g -z'`)); n != 25 {
		t.Errorf("many dashes make %d values", n)
	}
	refusedItem(t, `a|windash: '-a -b -c -d -e -f -g'`, `windash makes more than 16384 values of it`)
}

func TestRegularExpressions(t *testing.T) {
	item(t, `a|re: 'x.*y'`, `a ~ /x.*y/`)
	item(t, `a|re|i: x`, `a ~ /(?i)x/`)
	item(t, `a|re|s|m|i: x`, `a ~ /(?ims)x/`)
	item(t, `a|re|ignorecase|dotall: x`, `a ~ /(?is)x/`)
	item(t, `a|re|startswith: 'x|y'`, `a ~ /\A(?:x|y)/`)
	item(t, `a|re|endswith: x`, `a ~ /(?:x)\z/`)
	item(t, `a|re|contains: x`, `a ~ /x/`)
	item(t, "a|re|all:\n    - x\n    - y", `a ~ /x/ & /y/`)
	item(t, `a|all|re: [x, y]`, `a ~ /x/ & /y/`)
	item(t, `a|neq|re: x`, `!(a ~ /x/)`)
	item(t, `a|re: 404`, `a ~ /404/`)
	item(t, `a|re: '\*\?'`, `a ~ /\*\?/`)
	refusedItem(t, `a|contains|re: x`, `re cannot follow modifiers that change the value (write re before them)`)
	refusedItem(t, `a|i: x`, `i is a flag of regular expressions (write re|i)`)
	refusedItem(t, `a|re: null`, `re cannot follow`)
}

func TestEncodings(t *testing.T) {
	item(t, `a|base64: 'http://'`, `a = "aHR0cDovLw=="`)
	item(t, `a|base64|contains: cmd`, `a = "*Y21k*"`)
	item(t, `a|base64: 1`, `a = "MQ=="`)
	item(t, `a|wide|base64: cmd`, `a = "YwBtAGQA"`)
	item(t, `a|utf16le: cmd`, "a = \"c\\x00m\\x00d\\x00\"")
	item(t, `a|wide: cmd`, "a = \"c\\x00m\\x00d\\x00\"")
	item(t, `a|utf16be: cmd`, "a = \"\\x00c\\x00m\\x00d\"")
	item(t, `a|utf16: cmd`, "a = \"\\xff\\xfec\\x00m\\x00d\\x00\"")
	item(t, `a|utf16be: €😀`, "a = \" \\xac\\xd8=\\xde\\x00\"")
	item(t, `a|wide|contains: 'c*d'`, "a = \"*c\\x00*d\\x00*\"")
	item(t, `a|base64offset|contains: foobar`, `a = "*Zm9vYmFy*", "*Zvb2Jhc*", "*mb29iYX*"`)
	item(t, "a|base64offset|contains|all:\n    - foobar\n    - foobaz", `(a = "*Zm9vYmFy*", "*Zvb2Jhc*", "*mb29iYX*" and a = "*Zm9vYmF6*", "*Zvb2Jhe*", "*mb29iYX*")`)
	refusedItem(t, `a|base64: 'x*'`, `text with wildcards cannot be encoded with base64`)
	refusedItem(t, `a|contains|base64: 'x'`, `(write contains, startswith and endswith behind it)`)
	refusedItem(t, `a|base64offset: 'x'`, `"x" is too short`)
}

// Each variant of base64offset is found in the encoded text wherever the text
// lies in what is encoded.
func TestBase64OffsetIsFoundAnywhere(t *testing.T) {
	for _, s := range []string{"ab", "abc", "/bin/sh", "http://", "日本"} {
		variants := offsets(s)
		for before := range 12 {
			for after := range 6 {
				encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xee", before) + s + strings.Repeat("\x11", after)))
				if !strings.Contains(encoded, variants[before%3]) {
					t.Errorf("%q with %d bytes before and %d after: %s lacks %s", s, before, after, encoded, variants[before%3])
				}
			}
		}
	}
}

func TestNumericModifiers(t *testing.T) {
	item(t, `a|lt: 5`, `a < 5`)
	item(t, `a|lte: 5.5`, `a <= 5.5`)
	item(t, `a|gt: -1`, `a > -1`)
	item(t, `a|gte: '500'`, `a >= 500`)
	item(t, "a|gte:\n    - 5\n    - 6", `a >= 5, 6`)
	item(t, `a|neq|gte: 5`, `!(a >= 5)`)
	refusedItem(t, `a|gt: many`, `lt, lte, gt and gte want a number, not text`)
	refusedItem(t, `a|gt: true`, `want a number, not true or false`)
	refusedItem(t, `a|gt|lt: 5`, `want a number, not a comparison`)
}

func TestTimeModifiers(t *testing.T) {
	item(t, `time|minute: 59`, `time.minute = 59`)
	item(t, `time|hour: 0`, `time.hour = 0`)
	item(t, `time|day: [1, 31]`, `time.day = 1, 31`)
	item(t, `time|week: 52`, `time.week = 52`)
	item(t, `time|month: 12`, `time.month = 12`)
	item(t, `time|year: 2025`, `time.year = 2025`)
	item(t, `time|hour|gte: 22`, `time.hour >= 22`)
	item(t, `time|gte|hour: 22`, `time.hour >= 22`)
	item(t, `time|hour|neq: 3`, `!(time.hour = 3)`)
	refusedItem(t, `time|hour: 24`, `hour is a whole number from 0 to 23, not 24`)
	refusedItem(t, `time|day: 1.5`, `day is a whole number from 1 to 31`)
	refusedItem(t, `time|month: may`, `month wants a number, not text`)
	refusedItem(t, `time|hour|minute: 3`, `minute wants a number, not a part of a time`)
}

func TestAddressModifiers(t *testing.T) {
	item(t, `a|cidr: 10.0.0.0/8`, `a in 10.0.0.0/8`)
	item(t, `a|cidr: ['192.0.2.7/24', '2001:db8::/32', '192.0.2.7', '::1']`, `a in 192.0.2.0/24, 2001:db8::/32, 192.0.2.7/32, ::1/128`)
	refusedItem(t, `a|cidr: 10.0.0.0/33`, `"10.0.0.0/33" is no network (write it as 192.0.2.0/24 or 2001:db8::/32)`)
	refusedItem(t, `a|cidr: '10.0.*'`, `cidr wants a network`)
	refusedItem(t, `a|contains|cidr: 10.0.0.0/8`, `cidr wants a network`)
}

func TestFieldReference(t *testing.T) {
	item(t, `a|fieldref: b`, `a == b`)
	item(t, `a|fieldref|neq: b`, `!(a == b)`)
	item(t, `a|fieldref|startswith: b`, `a == b*`)
	item(t, `a|fieldref|endswith: b`, `a == *b`)
	item(t, `a|fieldref|contains: b`, `a == *b*`)
	item(t, `a|fieldref: [b, c]`, `a == b, c`)
	refusedItem(t, `a|contains|fieldref: b`, `fieldref wants the name of a field, without wildcards (write contains`)
	refusedItem(t, `a|fieldref: 5`, `fieldref wants the name of a field, not a number`)
}

// Values of different comparisons under one key are joined by or.
func TestMixedValues(t *testing.T) {
	item(t, `a: [x, 1, true, 'y*']`, `a = "x", 1, true, "y*"`)
}
