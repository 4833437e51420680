package intel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// Refusals is what is not blocked of a list, and why.
type Refusals struct {
	List   string         `json:"list"`
	At     time.Time      `json:"at"`
	Counts map[string]int `json:"counts"` // by rule
	// Entries are some of them, MostRefusals at most.
	Entries []Refusal `json:"entries"`
}

// Refusal is one entry of a list that is not blocked by it.
type Refusal struct {
	Entry  string    `json:"entry"`
	Rule   string    `json:"rule"`             // of the guard, or in a word what else keeps it
	Reason string    `json:"reason,omitempty"` // in the guard's words
	Again  time.Time `json:"again"`            // when it is asked for again
}

// MostRefusals is how many entries of a list are kept with their reason.
const MostRefusals = 1000

const refusalsFile = "refused.json"

// SaveRefusals keeps what is not blocked of a list beside the list.
func SaveRefusals(dir string, r Refusals) error {
	r.Entries = r.Entries[:min(len(r.Entries), MostRefusals)]
	folder := filepath.Join(dir, filepath.Base(r.List))
	data, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = renameio.WriteFile(filepath.Join(folder, refusalsFile), data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep what is not blocked of the list %s: %w", r.List, err)
	}
	return nil
}

// ReadRefusals reads what is not blocked of a list. It wraps fs.ErrNotExist when
// nothing was kept yet.
func ReadRefusals(dir, list string) (Refusals, error) {
	var r Refusals
	data, err := os.ReadFile(filepath.Join(dir, filepath.Base(list), refusalsFile))
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("list %s: nothing is known of what the guard refuses: %w", list, fs.ErrNotExist)
	}
	if err != nil {
		return r, fmt.Errorf("read what is not blocked of the list %s: %w", list, err)
	}
	return r, nil
}
