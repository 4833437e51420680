package behaviour

// Version is that of the detectors of the stream. It changes when what they say
// changes, and with it the ids of what they find.
const Version = "1"

// The detectors of the stream.
const (
	ObjectEnumeration   = "object-enumeration"
	ForeignObjects      = "foreign-objects"
	CredentialStuffing  = "credential-stuffing"
	DistributedGuessing = "distributed-guessing"
	GuessedCredential   = "guessed-credential"
	SharedCredential    = "shared-credential"
	Scraping            = "scraping"
	PageWalk            = "page-walk"
	Exfiltration        = "exfiltration"
	OddOrder            = "odd-order"
	MachinePace         = "machine-pace"
	BrowserImpostor     = "browser-impostor"
)

// detector is the number of a detector: its place in all lists.
type detector uint8

const (
	enumeration detector = iota
	foreign
	stuffing
	distributed
	guessed
	shared
	scraping
	walk
	exfiltration
	order
	pace
	impostor
	detectors // count
)
