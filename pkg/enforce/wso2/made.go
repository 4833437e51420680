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
	ids     map[string]condition // as they were asked for: WSO2 may write them otherwise
	pending map[condition]bool
	// told is what the topic was told; false: that it is over, which is said
	// once more.
	told map[condition]bool
}

// madeFile is made as it lies on disk.
type madeFile struct {
	Made    []madeCondition `json:"made,omitempty"`
	Pending []madeCondition `json:"pending,omitempty"`
	Told    []madeCondition `json:"told,omitempty"`
}

type madeCondition struct {
	ID    string `json:"id,omitempty"`
	Kind  kind   `json:"kind"`
	Value string `json:"value"`
}

func loadMade(path string) (*made, error) {
	m := &made{path: path, ids: map[string]condition{}, pending: map[condition]bool{}, told: map[condition]bool{}}
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
	for _, c := range file.Made {
		m.ids[c.ID] = condition{c.Kind, c.Value}
	}
	for _, c := range file.Pending {
		m.pending[condition{c.Kind, c.Value}] = true
	}
	for _, c := range file.Told {
		m.told[condition{c.Kind, c.Value}] = true
	}
	return m, nil
}

// known gives what a policy denies, and whether it is one of ours.
func (m *made) known(p *policy) (c condition, ours bool, err error) {
	if c, ours = m.ids[p.ID]; ours {
		return c, true, nil
	}
	c, err = p.condition()
	return c, m.pending[c], err
}

// save writes what is remembered; it is on disk when save returns.
func (m *made) save() error {
	var file madeFile
	for id, c := range m.ids {
		file.Made = append(file.Made, madeCondition{id, c.kind, c.value})
	}
	for c := range m.pending {
		file.Pending = append(file.Pending, madeCondition{Kind: c.kind, Value: c.value})
	}
	for c := range m.told {
		file.Told = append(file.Told, madeCondition{Kind: c.kind, Value: c.value})
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
