package alertingtest

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// StartServer runs Debian's prometheus-alertmanager with a configuration and a
// data directory, without clustering, and gives its URL. It ends with the
// test, or with stop.
func StartServer(tb testing.TB, config, dataDir string) (url string, stop func()) {
	tb.Helper()
	cmd := exec.Command("prometheus-alertmanager",
		"--config.file="+config, "--storage.path="+dataDir,
		"--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatalf("start prometheus-alertmanager: %v", err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start prometheus-alertmanager (Debian package of that name): %v", err)
	}
	address := make(chan string, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		findAddress(stderr, address)
	}()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill() // it may have ended by itself
			<-drained
			_ = cmd.Wait() // its status is that it was killed
		}
	}
	tb.Cleanup(stop)
	select {
	case a := <-address:
		return "http://" + a, stop
	case <-drained:
		tb.Fatal("prometheus-alertmanager ended before it listened")
	case <-time.After(patience):
		tb.Fatalf("prometheus-alertmanager does not listen after %v", patience)
	}
	return "", stop
}

// findAddress reads a log to its end, and sends the address in it.
func findAddress(log io.Reader, address chan<- string) {
	listening := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if at := listening.FindStringSubmatch(lines.Text()); at != nil {
			select {
			case address <- at[1]:
			default:
			}
		}
	}
}

// CheckConfig has Debian's amtool read a configuration.
func CheckConfig(tb testing.TB, config string) {
	tb.Helper()
	if out, err := exec.Command("amtool", "check-config", config).CombinedOutput(); err != nil {
		tb.Errorf("amtool check-config %s (Debian package prometheus-alertmanager): %v\n%s", config, err, out)
	}
}
