package series

import "github.com/honeymoat/honeymoat/pkg/finding"

// The methods that have routes of their own; all others share one.
var methodNames = [...]string{
	"OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "REPORT", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "QUERY",
}

const (
	methodOther   = 0
	methodGet     = 1
	methodHead    = 2
	methodOptions = 7
)

func methodOf(name []byte) uint8 {
	if string(name) == "GET" {
		return methodGet
	}
	for i := methodHead; i < len(methodNames); i++ {
		if methodNames[i] == string(name) {
			return uint8(i)
		}
	}
	return methodOther
}

// The kinds of principals.
const (
	anonymous = iota
	kindUser
	kindToken
	kindKey
	kindSession
	kindApplication
	kindCount
)

var kindNames = [kindCount]string{
	"anonymous", string(finding.User), string(finding.Token), string(finding.Key), string(finding.Session), string(finding.Application),
}
