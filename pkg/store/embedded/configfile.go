package embedded

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"text/template"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/front"
)

//go:embed engine.xml.tmpl
var engineTemplate string

//go:embed users.xml.tmpl
var usersTemplate string

// databaseName is what a database may be called: it stands in grants.
var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// engineFiles are the places below the data directory.
type engineFiles struct {
	data   string // the engine's own tree
	conf   string // the directory of its configuration, written anew at each start
	config string
	users  string
	empty  string // for what the engine must find nothing in
}

func filesOf(dir string) engineFiles {
	conf := filepath.Join(dir, "conf")
	return engineFiles{
		data: filepath.Join(dir, "db"), conf: conf, empty: filepath.Join(conf, "empty"),
		config: filepath.Join(conf, "engine.xml"), users: filepath.Join(conf, "users.xml"),
	}
}

// engineSettings fill the templates.
type engineSettings struct {
	UsersFile, Empty, Database             string
	ServiceRole, ViewerRole                string
	ServerMemory, QueryMemory, SpillMemory int64
	MarkCache                              int64
	Threads                                int
}

// writeEngineConfig writes the engine's configuration. It holds no secret:
// passwords are the front's.
func writeEngineConfig(cfg ChildConfig) error {
	if !databaseName.MatchString(cfg.Database) {
		return fmt.Errorf("engine configuration: %q is no name for a database; use letters, digits and underscores", cfg.Database)
	}
	files := filesOf(cfg.DataDir)
	for _, dir := range []string{files.data, files.conf, files.empty} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("engine configuration: %w", err)
		}
	}
	settings := engineSettings{
		UsersFile: files.users, Empty: files.empty, Database: cfg.Database,
		ServiceRole: front.ServiceRole, ViewerRole: front.ViewerRole,
		ServerMemory: cfg.MaxMemoryBytes, QueryMemory: cfg.MaxMemoryBytes / 2, SpillMemory: cfg.MaxMemoryBytes / 4,
		MarkCache: cfg.MaxMemoryBytes / 32, Threads: cfg.Threads,
	}
	if err := render(engineTemplate, files.config, settings); err != nil {
		return err
	}
	return render(usersTemplate, files.users, settings)
}

func render(text, path string, settings engineSettings) error {
	tmpl, err := template.New(filepath.Base(path)).Parse(text)
	if err != nil {
		return fmt.Errorf("engine configuration: %w", err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, settings); err != nil {
		return fmt.Errorf("engine configuration: %w", err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("engine configuration: %w", err)
	}
	return nil
}
