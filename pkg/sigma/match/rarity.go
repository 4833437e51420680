package match

import (
	"math"
	"strings"
)

const (
	// maxLiteral bounds the literals that the automaton looks for: longer
	// ones hardly tell more and make it larger.
	maxLiteral = 12
	// hopeless is how likely a literal is in a value that is not worth
	// looking for.
	hopeless = 0.5
	// typicalLength is that of a value.
	typicalLength = 64
	// surprise is what is left of a byte's information behind others.
	surprise = 0.7
)

// commonplace is what values are full of, in lower case: what stands in it is
// no rare literal.
const commonplace = "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/120.0.0.0 safari/537.36 " +
	"mozilla/5.0 (macintosh; intel mac os x 10_15_7) applewebkit/605.1.15 version/17.0 mobile/15e148 safari/604.1 " +
	"mozilla/5.0 (x11; ubuntu; linux x86_64; rv:109.0) gecko/20100101 firefox/115.0 " +
	"mozilla/5.0 (compatible; googlebot/2.1; +http://www.google.com/bot.html) mozilla/4.0 (compatible; msie 8.0; windows nt 6.1; trident/4.0) " +
	"https://www.google.com/search?q= http://www.example.com/index.html /api/v1/users?id=1&page=2&limit=10 /images/logo.png " +
	"/static/js/main.js /static/css/style.css /favicon.ico /robots.txt /wp-content/uploads/2020/01/ .jpg .gif .svg .php " +
	"get post put delete head options http/1.0 http/1.1 http/2.0 /login /admin /home /assets/"

// likelihood estimates how often a literal is found in a value, from 0 to 1.
func likelihood(literal string) float64 {
	if strings.Contains(commonplace, literal) {
		return max(hopeless*0.8, 1-0.2*float64(len(literal)))
	}
	bits := 0.0
	for i := range len(literal) {
		bits += information(literal[i])
	}
	return min(1, typicalLength*math.Exp2(-surprise*bits))
}

// information is how many bits a byte tells, by how often it stands in
// requests.
func information(c byte) float64 {
	switch {
	case strings.IndexByte("etaoinsr/.", c) >= 0:
		return 4
	case strings.IndexByte("jqxz", c) >= 0:
		return 7
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return 5
	case strings.IndexByte(" -_=&%;,+", c) >= 0:
		return 5.5
	}
	return 8
}

// rarest gives the part of a literal that is to be looked for.
func rarest(literal string) (part string, likely float64) {
	if len(literal) <= maxLiteral {
		return literal, likelihood(literal)
	}
	likely = 2
	for i := 0; i+maxLiteral <= len(literal); i++ {
		if l := likelihood(literal[i : i+maxLiteral]); l < likely {
			part, likely = literal[i:i+maxLiteral], l
		}
	}
	return part, likely
}
