package privacy

import (
	"fmt"
	"slices"
	"strings"
)

// detectors is the set of detectors that are on.
type detectors uint32

const (
	byName detectors = 1 << iota
	jwts
	credentials
	keys
	emails
	cards
	phones
	nationalPhones
	usSSN
	deSteuerID
	esDNI
	esNIE
	frNIR
	itCodiceFiscale
	nlBSN
	brCPF
	ukNINO
	ibans
)

// Detector describes a detector for people who choose.
type Detector struct {
	Name    string // as in Options.Detectors
	Default bool   // on when nothing is chosen
	Finds   string // one line
	set     detectors
}

// Detectors lists all there are. Those that would take too many ordinary
// numbers for personal ones are off by default.
func Detectors() []Detector {
	return []Detector{
		{"names", true, "values of parameters, JSON members, cookies and headers whose name says that they are secret", byName},
		{"jwt", true, "JSON web tokens", jwts},
		{"credentials", true, "Bearer and Basic credentials, user information in URLs", credentials},
		{"keys", true, "keys and tokens with a well-known prefix, private keys in PEM", keys},
		{"email", true, "e-mail addresses", emails},
		{"card", true, "payment cards of 14 to 19 digits, by issuer and Luhn's digit", cards},
		{"phone", true, "telephone numbers that begin with + and a country", phones},
		{"phone_national", false, "telephone numbers without a country: 0 and 9 to 11 digits, or 3-3-4", nationalPhones},
		{"us_ssn", true, "US social security numbers, written 3-2-4", usSSN},
		{"de_steuer_id", true, "German tax numbers, by check digit", deSteuerID},
		{"es_dni", true, "Spanish identity cards, by check letter", esDNI},
		{"es_nie", true, "Spanish numbers of foreigners, by check letter", esNIE},
		{"fr_nir", true, "French social security numbers, by check number", frNIR},
		{"it_codice_fiscale", true, "Italian tax codes, by check letter", itCodiceFiscale},
		{"nl_bsn", false, "Dutch citizen numbers: one in eleven numbers of 9 digits passes", nlBSN},
		{"br_cpf", true, "Brazilian tax numbers as 3.3.3-2, by check digits", brCPF},
		{"uk_nino", false, "British insurance numbers, which have no check digit", ukNINO},
		{"iban", true, "bank accounts, by country, length and check number", ibans},
	}
}

// choose reads the names of detectors; nil chooses the defaults.
func choose(names []string) (detectors, error) {
	var set detectors
	all := Detectors()
	for _, d := range all {
		if d.Default && names == nil || slices.Contains(names, d.Name) {
			set |= d.set
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(d Detector) bool { return d.Name == name }) {
			return 0, fmt.Errorf("detector %q: want some of %s", name, detectorNames(all))
		}
	}
	return set, nil
}

func detectorNames(all []Detector) string {
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return strings.Join(names, ", ")
}
