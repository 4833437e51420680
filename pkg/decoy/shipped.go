package decoy

import (
	_ "embed" // the catalogue as shipped
	"fmt"
)

//go:embed catalogue.yml
var shippedYAML []byte

// ShippedName is the name by which errors call the catalogue as shipped.
const ShippedName = "catalogue.yml"

// Shipped is the catalogue that comes with the program: well-known probe
// paths that no application serves.
func Shipped() (*Catalogue, error) {
	c, err := Parse(ShippedSource())
	if err != nil {
		return nil, fmt.Errorf("read the shipped decoys: %w", err)
	}
	return c, nil
}

// ShippedSource is the YAML of the shipped catalogue, to be parsed together
// with one's own.
func ShippedSource() Source { return Source{Name: ShippedName, Data: shippedYAML} }
