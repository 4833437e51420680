package nginx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

var mapFiles = []string{
	"conf.d/honeymoat.conf", "conf.d/honeymoat-maps.conf",
	"snippets/honeymoat-answers.conf", "snippets/honeymoat-maps.conf", "snippets/honeymoat-flag.conf",
}

// filesRig is an nginx with our maps, and Files that keep it in step.
func filesRig(t *testing.T) (*rig, *source, *Files, *prometheus.Registry) {
	r := newRig(t, loadNone, mapFiles, "honeymoat-answers.conf", "honeymoat-maps.conf")
	s, registry := newSource(), prometheus.NewRegistry()
	f, err := NewFiles(FilesOptions{
		Source: s, Dir: filepath.Join(r.dir, "blocks"), Check: r.command("-t"), Reload: r.command("-s", "reload"),
		Confirm: "unix:" + filepath.Join(r.dir, "version.sock"),
		Every:   30 * time.Millisecond, Scopes: append(DefaultScopes(), block.ScopeAPI), MaxEntries: 100000, Now: s.now, Log: r.log(),
		Also: map[string][]byte{FailFile: FailMap([]FailRoute{{"POST /payments/**", true}})}, Metrics: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, s, f, registry
}

func TestFilesEveryAction(t *testing.T) {
	r, s, f, _ := filesRig(t)
	r.start()
	r.run(f.Run)
	deny := s.put(t, "192.0.2.1", block.Deny, nil)
	drop := s.put(t, "192.0.2.2", block.Drop, nil)
	flag := s.put(t, "192.0.2.3", block.Flag, &block.Terms{Value: `a "b" $c \d`})
	divert := s.put(t, "192.0.2.4", block.Divert, nil)
	own := s.put(t, "192.0.2.5", block.Deny, &block.Terms{Status: 451, Body: "gone"})
	other := s.put(t, "192.0.2.6", block.Deny, &block.Terms{Status: 404})
	r.turns("192.0.2.6", "/first", 404)
	r.want("192.0.2.1", "/deny", 403)
	r.want("192.0.2.2", "/drop", 0)
	r.want("192.0.2.4", "/divert", 502) // to the responder, which is not there
	r.want("192.0.2.5", "/own", 502)    // nobody is there to give the answer
	if a := r.want("192.0.2.3", "/flag", 200, "X-Honeymoat-Flag", "forged"); a.header.Get("Seen-X-Honeymoat-Flag") != `a "b" $c \d` {
		t.Errorf("the backend saw %v", a.header)
	}
	if a := r.want("192.0.2.9", "/other", 200, "X-Honeymoat-Flag", "forged"); a.header.Get("Seen-X-Honeymoat-Flag") != "" {
		t.Errorf("the backend saw %v", a.header)
	}
	for uri, want := range map[string]string{
		"/deny": "deny " + deny.String(), "/drop": "drop " + drop.String(), "/flag": "flag " + flag.String(),
		"/divert": "divert " + divert.String(), "/own": "deny " + own.String(), "/first": "deny " + other.String(), "/other": "",
	} {
		if got := r.decision(uri); got != want {
			t.Errorf("%s: logged %q, want %q", uri, got, want)
		}
	}
}

func TestFilesScopes(t *testing.T) {
	r, s, f, registry := filesRig(t)
	r.start()
	r.run(f.Run)
	s.put(t, "192.0.2.0/24", block.Deny, nil)
	s.put(t, "192.0.2.7", block.Allow, nil)
	s.put(t, "192.0.2.64/26", block.Flag, nil) // weaker than what is around it
	s.put(t, "198.51.100.0/25", block.Allow, nil)
	s.put(t, "198.51.100.7", block.Deny, nil) // the exemption around it wins
	s.put(t, `user_agent:"Curl/8.5 \"(x)\" & $1"`, block.Deny, nil)
	s.put(t, "user_agent:monitor", block.Allow, nil)
	s.put(t, "user_agent:bot", block.Flag, nil)
	s.put(t, "route:POST /orders/{id}", block.Deny, nil)
	s.put(t, "route:/admin/**", block.Deny, nil)
	s.put(t, "route:/login", block.Deny, nil)
	s.put(t, "route:/public/**", block.Allow, nil)
	s.put(t, "user_agent:bad", block.Deny, nil)
	s.put(t, "192.0.2.8 & user_agent:x", block.Allow, nil)
	s.put(t, "2001:db8::/33", block.Deny, nil)
	s.put(t, "203.0.113.9", block.Throttle, &block.Terms{Rate: 1}) // not for maps
	s.put(t, "203.0.113.9 & user_agent:x", block.Deny, nil)
	s.put(t, "network:AS64500", block.Allow, nil)
	r.turns("2001:db8:7fff::1", "/", 403)

	r.want("192.0.2.6", "/", 403)
	r.want("192.0.2.66", "/", 403)
	r.want("192.0.2.7", "/", 200)
	r.want("192.0.2.8", "/", 200)
	r.want("198.51.100.7", "/", 200)
	r.want("2001:db8:8000::1", "/", 200)
	r.want("203.0.113.1", "/", 403, "User-Agent", `Curl/8.5 "(x)" & $1`)
	r.want("203.0.113.1", "/", 200, "User-Agent", `curl/8.5 "(x)" & $1`)
	r.want("192.0.2.6", "/", 200, "User-Agent", "monitor")
	r.want("192.0.2.6", "/", 403, "User-Agent", "bot")
	r.want("203.0.113.1", "/admin", 403)
	for _, path := range []string{"/x/../%61dmin/", "/admin;x/y", "/login", "/login/", "/login;x", "/;x/login;y=z/;"} {
		r.want("203.0.113.1", path, 403)
	}
	for _, path := range []string{"/public", "/public/login", "/public/a;x"} {
		r.want("203.0.113.1", path, 200, "User-Agent", "bad")
	}
	r.want("203.0.113.1", "/public/..;/login", 403, "User-Agent", "bad")
	r.want("203.0.113.1", "/administrator", 200)
	r.want("203.0.113.1", "/orders/7", 200)
	if a := r.ask("203.0.113.1", http.MethodPost, "/orders/7"); a.status != 403 {
		t.Errorf("POST: %d", a.status)
	}
	for name, want := range map[string]float64{"unsupported_blocks": 2, "unsupported_exemptions": 1, "failing": 0} {
		if got := metric(t, registry, "honeymoat_nginx_"+name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	s.remove(t, "192.0.2.0/24", block.Deny)
	r.turns("192.0.2.6", "/", 200)
	r.brief(s, "192.0.2.6", "/", "192.0.2.6")
	r.turns("192.0.2.6", "/", 200)
}

func metric(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// TestFilesUnderLoad: 10,000 addresses come in batches while requests go on;
// none is lost to a reload.
func TestFilesUnderLoad(t *testing.T) {
	r, s, f, registry := filesRig(t)
	r.start()
	r.run(f.Run)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var asked [4]int
	for i := range asked {
		wg.Go(func() {
			for ctx.Err() == nil {
				if a := r.ask("203.0.113.1", http.MethodGet, "/"); a.status != 200 {
					t.Errorf("a request got %d", a.status)
				}
				asked[i]++
			}
		})
	}
	for batch := range 5 {
		var all []block.Delta
		for i := range 2000 {
			target := parse(t, fmt.Sprintf("10.%d.%d.%d", batch, i/256, i%256), block.Deny)
			all = append(all, block.Delta{Target: target, ID: block.ID(batch*2000 + i + 1), Left: time.Hour})
		}
		s.change(all...)
		r.turns(fmt.Sprintf("10.%d.7.207", batch), "/", 403)
	}
	cancel()
	wg.Wait()
	for i := 0; i < 2000; i += 97 {
		r.want(fmt.Sprintf("10.0.%d.%d", i/256, i%256), "/", 403)
	}
	t.Logf("%v requests by 4 clients while nginx was reloaded %v times", asked, metric(t, registry, "honeymoat_nginx_reloads_total"))
}

// TestFilesThatNginxDoesNotTake: it goes on with the old ones, and a person can
// see what was wrong with the new ones.
func TestFilesThatNginxDoesNotTake(t *testing.T) {
	r, s, f, registry := filesRig(t)
	r.start()
	s.put(t, "192.0.2.1", block.Deny, nil)
	stop := r.run(f.Run)
	r.turns("192.0.2.1", "/", 403)
	stop()

	r.write("conf.d/mistake.conf", "mistake;\n") // somebody's own
	s.put(t, "192.0.2.2", block.Deny, nil)
	if _, err := f.mirror.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.update(t.Context()); err == nil || !strings.Contains(err.Error(), "mistake.conf:1") {
		t.Errorf("%v", err)
	}
	files, err := f.folder.read()
	if err != nil || strings.Contains(string(files[addressFile]), "192.0.2.2") || !strings.Contains(string(files[addressFile]), "192.0.2.1") {
		t.Errorf("in force: %s, %v", files[addressFile], err)
	}
	if text := r.read("blocks/rejected/" + addressFile); !strings.Contains(text, "192.0.2.2") {
		t.Errorf("rejected: %s", text)
	}
	if got := metric(t, registry, "honeymoat_nginx_rejected_total"); got != 1 {
		t.Errorf("%v rejected", got)
	}
	r.want("192.0.2.1", "/", 403)

	r.write("conf.d/mistake.conf", "")
	r.run(f.Run)
	s.put(t, "192.0.2.3", block.Deny, nil)
	r.turns("192.0.2.2", "/", 403)
	r.want("192.0.2.1", "/", 403)
}

// TestFilesBrokenAreRefused: were there a mistake in what we write, nginx's
// check would see it.
func TestFilesBrokenAreRefused(t *testing.T) {
	r, s, f, _ := filesRig(t)
	r.start()
	f.o.Also = map[string][]byte{addressFile: []byte("192.0.2.1/24/7 \"deny\";\n")}
	if err := f.folder.prepare(); err != nil {
		t.Fatal(err)
	}
	s.put(t, "192.0.2.1", block.Deny, nil)
	if err := f.update(t.Context()); err == nil || !strings.Contains(err.Error(), addressFile) {
		t.Errorf("%v", err)
	}
	if version, err := f.folder.current(); version != "" || err != nil {
		t.Errorf("in force: %q, %v", version, err)
	}
	r.want("192.0.2.1", "/", 200)
}

// killed leaves files in force that were never checked.
func killed(t *testing.T, f *Files, files map[string][]byte) (version string) {
	t.Helper()
	version, err := f.folder.write(files)
	if err := errors.Join(err, f.folder.use(version)); err != nil {
		t.Fatal(err)
	}
	return version
}

// TestFilesOfAKilledProcess: nobody knows whether nginx takes them. The next
// one asks, and has those before in force again if it does not.
func TestFilesOfAKilledProcess(t *testing.T) {
	r, s, f, _ := filesRig(t)
	s.put(t, "192.0.2.1", block.Deny, nil)
	f.o.Reload, f.o.Confirm = []string{"true"}, "" // nginx does not run
	stop := r.run(f.Run)
	r.await("files", func() bool { version, _ := f.folder.checked(); return version != "" })
	stop()
	good, err := f.folder.current()
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string][]byte{addressFile: []byte("geo {")}
	killed(t, f, broken)
	if err := f.recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if version, err := f.folder.current(); version != good || err != nil {
		t.Errorf("in force is %q, %v; want %q", version, err, good)
	}
	r.start() // with what the next process has put right
	r.want("192.0.2.1", "/", 403)
	if text := r.read("blocks/rejected/" + addressFile); text != "geo {" {
		t.Errorf("rejected: %s", text)
	}

	unchecked := killed(t, f, map[string][]byte{"route.map": nil})
	if err := f.recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if version, err := f.folder.checked(); version != unchecked || err != nil {
		t.Errorf("checked is %q, %v; want %q: nginx takes it", version, err, unchecked)
	}
	if _, err := os.Stat(filepath.Join(f.o.Dir, good)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the version before is still there: %v", err)
	}
}

// TestFilesOfAKilledMachine: nginx starts before the agent does. What its unit
// does before has the files in force that were checked last.
func TestFilesOfAKilledMachine(t *testing.T) {
	r, s, f, _ := filesRig(t)
	readme, err := os.ReadFile(filepath.Join(shipped, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(string(readme), "ExecStartPre=-/bin/cp ")
	if line, _, _ = strings.Cut(line, "\n"); !found {
		t.Fatal("the documentation does not say what to do before nginx starts")
	}
	s.put(t, "192.0.2.1", block.Deny, nil)
	stop := r.run(f.Run) // nginx is not there: nothing is confirmed
	r.await("files", func() bool { version, _ := f.folder.checked(); return version != "" })
	stop()
	killed(t, f, map[string][]byte{addressFile: []byte("geo {")})
	before := strings.Fields(strings.ReplaceAll(line, "/var/lib/honeymoat-nginx", f.o.Dir))
	if err := run(t.Context(), append([]string{"/bin/cp"}, before...)); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.want("192.0.2.1", "/", 403)
}

// TestFilesOfNobodyChecked: with none to go back to, nginx starts without.
func TestFilesOfNobodyChecked(t *testing.T) {
	r, _, f, _ := filesRig(t)
	if err := f.folder.prepare(); err != nil {
		t.Fatal(err)
	}
	killed(t, f, map[string][]byte{addressFile: []byte("geo {")})
	if err := f.recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.want("192.0.2.1", "/", 200)
}

// TestFilesWhatIsLeftBehind: a process that was killed between its steps.
func TestFilesWhatIsLeftBehind(t *testing.T) {
	_, s, f, _ := filesRig(t)
	s.put(t, "192.0.2.1", block.Deny, nil)
	if err := f.folder.prepare(); err != nil {
		t.Fatal(err)
	}
	version, err := f.folder.write(map[string][]byte{"x": nil})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(version, filepath.Join(f.o.Dir, "."+version)), f.recover(t.Context())); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(f.o.Dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	if files, err := f.folder.read(); len(files) != 0 || err != nil {
		t.Errorf("%v, %v", files, err)
	}
}
