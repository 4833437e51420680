package embedded

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ChildConfig is what the parent tells the child, as one line of JSON on its
// standard input: passwords must not stand in arguments or environment.
type ChildConfig struct {
	Library         string `json:"library"`
	DataDir         string `json:"data_dir"`
	Listen          string `json:"listen"`
	Database        string `json:"database"`
	ServicePassword string `json:"service_password"`
	ViewerPassword  string `json:"viewer_password,omitempty"`
	MaxMemoryBytes  int64  `json:"max_memory_bytes"`
	Threads         int    `json:"threads"`
	// LockWaitSeconds is how long to wait for another engine to leave DataDir.
	LockWaitSeconds float64 `json:"lock_wait_seconds"`
}

// announcement is what the child tells the parent, as one line of JSON on its
// standard output: where it listens, or why it does not.
type announcement struct {
	Addr    string `json:"addr,omitempty"`
	Version string `json:"version,omitempty"`
	Error   string `json:"error,omitempty"`
}

// readConfig reads the one line.
func readConfig(r io.Reader) (ChildConfig, error) {
	var cfg ChildConfig
	line, err := bufio.NewReader(r).ReadBytes('\n')
	if err != nil && !(errors.Is(err, io.EOF) && len(line) > 0) {
		return cfg, fmt.Errorf("read engine configuration from standard input: %w; the engine is started by `honeymoat serve`, not by hand", err)
	}
	if err := json.Unmarshal(line, &cfg); err != nil {
		return cfg, fmt.Errorf("read engine configuration from standard input: %w", err)
	}
	return cfg, nil
}

// writeLine writes v as one line of JSON.
func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
