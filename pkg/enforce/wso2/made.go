package wso2

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
)

// made remembers the policies that we made: nothing in a policy itself tells.
// What we are about to make is on record before it is made, so that a policy
// whose answer never came is known for ours all the same.
type made struct {
	path    string
	ids     map[string]bool
	pending map[condition]bool
}

// madeFile is made as it lies on disk.
type madeFile struct {
	IDs     []string      `json:"ids"`
	Pending []madePending `json:"pending,omitempty"`
}

type madePending struct {
	Kind  kind   `json:"kind"`
	Value string `json:"value"`
}

func loadMade(path string) (*made, error) {
	m := &made{path: path, ids: map[string]bool{}, pending: map[condition]bool{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of our deny policies: %w", err)
	}
	var file madeFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read the list of our deny policies %s: %w; remove the file, and delete our policies in WSO2's portal by hand", path, err)
	}
	for _, id := range file.IDs {
		m.ids[id] = true
	}
	for _, p := range file.Pending {
		m.pending[condition{p.Kind, p.Value}] = true
	}
	return m, nil
}

// ours tells whether a policy is one of ours.
func (m *made) ours(id string, c condition) bool { return m.ids[id] || m.pending[c] }

// save writes what is remembered; it is on disk when save returns.
func (m *made) save() error {
	var file madeFile
	for id := range m.ids {
		file.IDs = append(file.IDs, id)
	}
	for c := range m.pending {
		file.Pending = append(file.Pending, madePending{c.kind, c.value})
	}
	data, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("write the list of our deny policies: %w", err)
	}
	if err := renameio.WriteFile(m.path, data, 0o600); err != nil {
		return fmt.Errorf("write the list of our deny policies: %w", err)
	}
	return nil
}
