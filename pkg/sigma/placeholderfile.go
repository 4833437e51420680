package sigma

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// ParsePlaceholders reads a file of placeholders: a map of names, without the
// percent signs, to lists of values.
func ParsePlaceholders(s Source) (map[string][]string, error) {
	placeholders := map[string][]string{}
	if err := yaml.UnmarshalWithOptions(s.Data, &placeholders, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: want names with lists of values: %w", s.Name, err)
	}
	return placeholders, nil
}
