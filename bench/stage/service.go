package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Service is `honeymoat serve` with a data directory and a configuration of
// its own.
type Service struct {
	*Process
	DataDir  string
	Config   string // the configuration file
	Settings Settings
	Address  string // of the front
	Engine   string // address of the embedded engine's HTTP interface
	API      *API   // as admin; set once the service is ready
}

// Service starts a service and waits until it is ready. settings come over
// those that put it on this stage.
func (s *Stage) Service(ctx context.Context, settings Settings) (*Service, error) {
	v, err := s.PrepareService("service", settings)
	if err != nil {
		return nil, err
	}
	if err := v.Start(); err != nil {
		return nil, err
	}
	return v, v.WaitReady(ctx)
}

// PrepareService writes the configuration of a service and starts nothing.
func (s *Stage) PrepareService(name string, settings Settings) (*Service, error) {
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	v := &Service{DataDir: filepath.Join(dir, "data"), Config: filepath.Join(dir, "honeymoat.yaml")}
	var bus string
	if err := s.addresses(&v.Address, &v.Engine, &bus); err != nil {
		return nil, err
	}
	v.Settings = Settings{
		"data_dir":            v.DataDir,
		"api.listen":          v.Address,
		"store.engine.listen": v.Engine,
		"bus.listen":          bus,
	}.With(settings)
	v.Process = s.process(name, s.Program("honeymoat"), "serve", "--config", v.Config)
	return v, v.Settings.write(v.Config)
}

// WaitReady waits until every part of the service is ready.
func (v *Service) WaitReady(ctx context.Context) error {
	return v.waitFor(ctx, "is ready", func(ctx context.Context) error {
		status, err := v.API.Status(ctx)
		if err != nil {
			return err
		}
		var missing []error
		for _, part := range status.Parts {
			if !part.Ready {
				missing = append(missing, fmt.Errorf("%s: %s", part.Name, part.Detail))
			}
		}
		return errors.Join(missing...)
	})
}

// WaitUp waits until the front answers, whether every part is ready or not.
func (v *Service) WaitUp(ctx context.Context) error {
	return v.waitFor(ctx, "answers", func(ctx context.Context) error {
		_, err := v.API.Status(ctx)
		return err
	})
}

func (v *Service) waitFor(ctx context.Context, what string, check func(context.Context) error) error {
	return v.wait(ctx, what, func(ctx context.Context) error {
		if v.API == nil {
			api, err := v.open()
			if err != nil {
				return err
			}
			v.API = api
		}
		return check(ctx)
	})
}

// open makes a client with the token that the first start leaves for the
// commands on this host.
func (v *Service) open() (*API, error) {
	token, err := os.ReadFile(filepath.Join(v.DataDir, "admin.token"))
	if err != nil {
		return nil, fmt.Errorf("the admin's token: %w", err)
	}
	return v.As(strings.TrimSpace(string(token)))
}

// As is a client of the service's API with another token.
func (v *Service) As(token string) (*API, error) {
	return newAPI(v.Address, filepath.Join(v.DataDir, "ca.pem"), token)
}

// Token makes a token as an operator does, and gives a client with it once the
// running service knows it.
func (v *Service) Token(ctx context.Context, name, role string) (*API, error) {
	text, err := v.Tool(ctx, "tokens", "add", name, "--role", role)
	if err != nil {
		return nil, err
	}
	if err := v.Reload(); err != nil {
		return nil, err
	}
	api, err := v.As(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	return api, v.wait(ctx, "knows the token of "+name, func(ctx context.Context) error {
		_, err := api.Status(ctx)
		return err
	})
}

// Tool runs the command line tool with the service's configuration and gives
// what it prints.
func (v *Service) Tool(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, v.args[0], append(args, "--config", v.Config)...)
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("honeymoat %s: %w\n%s", strings.Join(args, " "), err, complaints.String())
	}
	return out.String(), nil
}

// Change writes other settings into the configuration file; the service reads
// them when it is reloaded or started again.
func (v *Service) Change(settings Settings) error {
	v.Settings = v.Settings.With(settings)
	return v.Settings.write(v.Config)
}

// Reload asks the service to read its configuration again.
func (v *Service) Reload() error { return v.Signal(syscall.SIGHUP) }

// Restart kills the service as a power cut would, and starts it again.
func (v *Service) Restart(ctx context.Context) error {
	v.Kill()
	if err := v.Start(); err != nil {
		return err
	}
	return v.WaitReady(ctx)
}

// KillEngine kills the store's child process. It fails when there is none.
func (v *Service) KillEngine() error {
	for _, pid := range children(v.Pid()) {
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.Contains(string(command), "\x00engine\x00") {
			return syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return fmt.Errorf("kill the engine of %s: no such child: %w", v.name, fs.ErrNotExist)
}

// Query asks the store for one line, with the account of people and Grafana.
func (v *Service) Query(ctx context.Context, sql string) (string, error) {
	password, err := os.ReadFile(filepath.Join(v.DataDir, "secrets", "viewer.password"))
	if err != nil {
		return "", fmt.Errorf("query the store: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+v.Engine+"/?database=honeymoat", strings.NewReader(sql))
	if err != nil {
		return "", fmt.Errorf("query the store: %w", err)
	}
	req.SetBasicAuth("viewer", strings.TrimSpace(string(password)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("query the store: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("query the store: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("query the store: status %d: %s", resp.StatusCode, text)
	}
	return strings.TrimSpace(string(text)), nil
}
