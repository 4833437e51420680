package ruleset

import (
	"errors"
	"io/fs"

	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/rules"
)

// placeholdersFile holds the shipped values of placeholders.
const placeholdersFile = "placeholders.yml"

func shippedPlaceholders() (map[string][]string, error) {
	data, err := fs.ReadFile(rules.Files, placeholdersFile)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	return sigma.ParsePlaceholders(sigma.Source{Name: ShippedPrefix + "/" + placeholdersFile, Data: data})
}
