package shipping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

// NewMasker makes what the configuration says is to be masked. Without keys
// what would be hashed is dropped: a host has none. The errors name the key of
// the configuration.
func NewMasker(cfg config.Privacy, keys privacy.Keyring) (*privacy.Masker, error) {
	o := privacy.Options{
		Detectors: cfg.Detectors, Parameters: cfg.Parameters, Keys: keys,
		Fields: map[event.TextField]privacy.Policy{}, Addresses: map[event.AddrField]privacy.AddressPolicy{},
	}
	for _, c := range cfg.Custom {
		o.Custom = append(o.Custom, privacy.Pattern{Kind: c.Kind, Expression: c.Expression})
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Fields)) {
		if err := setPolicy(&o, name, cfg.Fields[name]); err != nil {
			problems = append(problems, fmt.Errorf("privacy.fields.%s: %w", name, err))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return privacy.New(o)
}

func setPolicy(o *privacy.Options, name, policy string) error {
	for _, f := range event.AddrFields() {
		if f.String() == name {
			p, err := privacy.ParseAddressPolicy(policy)
			o.Addresses[f] = p
			return err
		}
	}
	var known []string
	for _, f := range event.TextFields() {
		known = append(known, f.String())
		if f.String() != name {
			continue
		}
		p, err := privacy.ParsePolicy(policy)
		if p == privacy.Hash && o.Keys.Empty() {
			p = privacy.Drop
		}
		o.Fields[f] = p
		return err
	}
	return fmt.Errorf("no such field; want one of peer_address, client_address, %s", strings.Join(known, ", "))
}
