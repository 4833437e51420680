package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/honeymoat/honeymoat/pkg/config"
)

const (
	composeDir = "../../deploy/compose"
	dockerfile = "../../deploy/docker/Dockerfile"
)

// check runs a program that must succeed. One that is not there fails the
// test: make setup installs it.
func check(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Fatalf("%v (hint: run make setup)", err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %q: %v\n%s", name, args, err, out)
	}
}

// adapted writes a file of deploy into dir with words replaced.
func adapted(t *testing.T, from, to string, words ...string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(words...).Replace(string(data))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestScrapeConfigurationIsValid(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"prometheus.token", "ca.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "prometheus.yml")
	adapted(t, composeDir+"/prometheus/prometheus.yml", file, "/shared/", dir+"/")
	check(t, "promtool", "check", "config", file)
}

func TestAlertmanagerConfigurationIsValid(t *testing.T) {
	check(t, "amtool", "check-config", composeDir+"/alertmanager.yml")
}

func TestGatewayConfigurationIsValid(t *testing.T) {
	dir := t.TempDir()
	gateways := "../../deploy/gateways/nginx/"
	logs := []string{"/var/log/nginx/", dir + "/"}
	adapted(t, gateways+"conf.d/honeymoat.conf", dir+"/conf.d/00-honeymoat.conf", logs...)
	for _, name := range []string{"honeymoat.conf", "honeymoat-answers.conf"} {
		adapted(t, gateways+"snippets/"+name, dir+"/snippets/"+name, logs...)
	}
	adapted(t, composeDir+"/nginx/default.conf", dir+"/conf.d/default.conf",
		append(logs, "listen 80;", "listen unix:"+dir+"/http.sock;", "http://application", "http://127.0.0.1:9")...)
	main := fmt.Sprintf("pid %[1]s/pid; error_log %[1]s/error.log; events {} http { include conf.d/*.conf; }", dir)
	if err := os.WriteFile(dir+"/nginx.conf", []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "nginx", "-t", "-q", "-p", dir, "-e", dir+"/error.log", "-c", dir+"/nginx.conf")
}

func TestComposeConfigurationsOfHoneymoat(t *testing.T) {
	if _, err := config.ReadService(composeDir + "/honeymoat.yaml"); err != nil {
		t.Error(err)
	}
	if _, err := config.ReadAgent(composeDir + "/agent.yaml"); err != nil {
		t.Error(err)
	}
	scripts, err := filepath.Glob(composeDir + "/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts %v, error %v", scripts, err)
	}
	for _, s := range scripts {
		check(t, "sh", "-n", s)
	}
}

// composeFile is what a test needs of compose.yaml.
type composeFile struct {
	Services map[string]struct {
		Build struct{ Dockerfile, Target string }
		Image string
		// DependsOn is a list or a map.
		DependsOn any `yaml:"depends_on"`
		Volumes   []string
		Secrets   []string
	}
	Secrets, Volumes map[string]any
}

func TestComposeFileHoldsTogether(t *testing.T) {
	data, err := os.ReadFile(composeDir + "/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c composeFile
	if err := yaml.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	stages, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range c.Services {
		for _, on := range dependencies(s.DependsOn) {
			if _, ok := c.Services[on]; !ok {
				t.Errorf("%s depends on %q, which there is not", name, on)
			}
		}
		for _, v := range s.Volumes {
			checkVolume(t, &c, name, v)
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret] == nil {
				t.Errorf("%s uses the secret %q, which there is not", name, secret)
			}
		}
		if target := s.Build.Target; target != "" && !strings.Contains(string(stages), " AS "+target+"\n") {
			t.Errorf("%s is built from %q, which is no stage of the Dockerfile", name, target)
		}
	}
}

func dependencies(v any) (names []string) {
	switch v := v.(type) {
	case []any:
		for _, name := range v {
			names = append(names, fmt.Sprint(name))
		}
	case map[string]any:
		for name := range v {
			names = append(names, name)
		}
	}
	return names
}

// checkVolume sees that what is mounted exists: a file or directory beside the
// compose file, or a declared volume.
func checkVolume(t *testing.T, c *composeFile, service, volume string) {
	t.Helper()
	source, _, _ := strings.Cut(volume, ":")
	if !strings.HasPrefix(source, ".") {
		if _, ok := c.Volumes[source]; !ok {
			t.Errorf("%s mounts the volume %q, which there is not", service, source)
		}
		return
	}
	if _, err := os.Stat(filepath.Join(composeDir, source)); err != nil {
		t.Errorf("%s mounts %v", service, err)
	}
}
