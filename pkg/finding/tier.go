package finding

import "fmt"

// Tier is how loudly something is told. The order is the urgency.
type Tier uint8

const (
	Log    Tier = iota + 1 // first doubt: kept, told in a digest
	Notify                 // consistent issue: told during the day
	Page                   // known breach: wakes somebody up
)

var tierNames = [...]string{Log: "log", Notify: "notify", Page: "page"}

// Tiers lists the tiers from the least to the most urgent.
func Tiers() []Tier { return []Tier{Log, Notify, Page} }

// String is the tier's name in labels, the store and configuration.
func (t Tier) String() string {
	if int(t) < len(tierNames) && t != 0 {
		return tierNames[t]
	}
	return "none"
}

// ParseTier reads the name of one of Tiers.
func ParseTier(s string) (Tier, error) {
	for _, tier := range Tiers() {
		if tier.String() == s {
			return tier, nil
		}
	}
	return 0, fmt.Errorf("tier %q: want log, notify or page", s)
}

// MarshalText implements encoding.TextMarshaler.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It reads what MarshalText
// writes, "none" for the zero Tier included.
func (t *Tier) UnmarshalText(text []byte) error {
	if string(text) == Tier(0).String() {
		*t = 0
		return nil
	}
	parsed, err := ParseTier(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}
