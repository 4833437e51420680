package quarantine

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const stateName = "retries.json"

// ErrDamaged: it cannot be told any more what was published of the records in
// the directory, so that none of them may be read again. Another directory has
// to be used.
var ErrDamaged = errors.New("the state of retries is damaged")

// state is what outlives the process besides the records: what was asked for
// and what is on its way.
type state struct {
	Spool string             `json:"spool"` // makes the lanes of this spool other ones than those of one before
	Done  uint64             `json:"done"`  // number of the last order carried out
	Lanes map[string]*plans  `json:"lanes,omitempty"`
	Under *underWay          `json:"under_way,omitempty"`
	Told  *block.RetryResult `json:"to_be_told,omitempty"` // the service does not know it yet
}

// plans are the batches of a source's lane whose fate is not known.
type plans struct {
	Last    uint64 `json:"last"` // number of the last plan that was ever made
	Pending []plan `json:"pending,omitempty"`
}

// plan is a batch as it is about to be published: which records it settles,
// and which only get another reason.
type plan struct {
	Number  uint64   `json:"number"` // where the batch ends in its lane
	File    string   `json:"file"`
	Settled []int64  `json:"settled,omitempty"` // offsets
	Changed []change `json:"changed,omitempty"`
}

type change struct {
	Offset int64  `json:"offset"`
	Reason string `json:"reason"`
}

// underWay is the order that is being carried out.
type underWay struct {
	Number uint64 `json:"number"`
	Parsed int    `json:"parsed"`
}

// stateFile is the state on disk. It is used by one goroutine.
type stateFile struct {
	path string
	state
}

// openState reads the state, or begins one.
func openState(path string) (stateFile, error) {
	f := stateFile{path: path, state: state{Lanes: map[string]*plans{}}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		id := make([]byte, 8)
		if _, err := rand.Read(id); err != nil {
			return f, fmt.Errorf("name the spool: %w", err)
		}
		f.Spool = hex.EncodeToString(id)
		return f, f.save()
	}
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(data, &f.state); err != nil {
		return f, fmt.Errorf("read %s: %w: %w", path, ErrDamaged, err)
	}
	if f.Lanes == nil {
		f.Lanes = map[string]*plans{}
	}
	return f, nil
}

// save replaces the file: after a crash there is the old state or the new one.
func (f *stateFile) save() error {
	data, err := json.Marshal(f.state)
	if err == nil {
		err = renameio.WriteFile(f.path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("save the state of retries: %w", err)
	}
	return nil
}

// lane gives the plans of a source.
func (f *stateFile) lane(source string) *plans {
	p := f.Lanes[source]
	if p == nil {
		p = &plans{}
		f.Lanes[source] = p
	}
	return p
}
