package match

import (
	"math"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
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

// commonplace is what texts of a lane are full of, in lower case.
type commonplace struct{ everywhere, frequent string }

// commonplaces are those of the lanes whose texts look alike.
func commonplaces(lane column) commonplace {
	const targets = "/index.html /index.php /api/v1/ /api/v2/ /users ?id= &id= &page= ?page= &limit= ?q= &lang= /images/ /img/ /static/ " +
		"/assets/ /js/ /css/ /favicon.ico /robots.txt /login /admin /home /search .js .css .png .jpg .jpeg .gif .svg .php .ico .woff2 .xml .html"
	switch lane {
	case targetColumn:
		return commonplace{"/", targets}
	case textColumn(event.Referer):
		return commonplace{"https://www. http://www. .com/", targets}
	case textColumn(event.UserAgent):
		return commonplace{
			"mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/1 safari/537.36 mozilla/5.0 (compatible; ",
			"mozilla/5.0 (macintosh; intel mac os x 10_15_7) version/17.0 mobile/15e148 safari/604.1 mozilla/5.0 (x11; ubuntu; linux x86_64; " +
				"rv:109.0) gecko/20100101 firefox/115.0 (iphone; cpu iphone os 17_0 like mac os x) (linux; android 10; k) edg/ mozilla/4.0 " +
				"(compatible; msie 8.0; windows nt 6.1; trident/4.0) googlebot/2.1; +http://www.google.com/bot.html) bingbot/",
		}
	case textColumn(event.Method):
		return commonplace{"get", "post put head options delete"}
	case textColumn(event.Protocol):
		return commonplace{"http/1.1 http/2.0", "http/1.0"}
	}
	return commonplace{}
}

// Estimates for what stands in these texts.
const (
	likelyEverywhere = 0.9
	likelyFrequent   = 0.1
)

// likelihood estimates how often a literal is found in a value of a lane, from
// 0 to 1.
func likelihood(lane column, literal string) float64 {
	bits := 0.0
	for i := range len(literal) {
		bits += information(literal[i])
	}
	p := min(1, typicalLength*math.Exp2(-surprise*bits))
	switch common := commonplaces(lane); {
	case strings.Contains(common.everywhere, literal):
		return max(p, likelyEverywhere)
	case strings.Contains(common.frequent, literal):
		return max(p, likelyFrequent)
	}
	return p
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
func rarest(lane column, literal string) (part string, likely float64) {
	if len(literal) <= maxLiteral {
		return literal, likelihood(lane, literal)
	}
	likely = 2
	for i := 0; i+maxLiteral <= len(literal); i++ {
		if l := likelihood(lane, literal[i:i+maxLiteral]); l < likely {
			part, likely = literal[i:i+maxLiteral], l
		}
	}
	return part, likely
}
