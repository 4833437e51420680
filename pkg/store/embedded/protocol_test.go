package embedded

import (
	"strings"
	"testing"
)

func TestConfigTravelsAsOneLine(t *testing.T) {
	want := ChildConfig{Library: "/l", DataDir: "/d", Listen: "127.0.0.1:0", Database: "d", ServicePassword: "p\nq", MaxMemoryBytes: 1, Threads: 2}
	var line strings.Builder
	if err := writeLine(&line, want); err != nil {
		t.Fatal(err)
	}
	if strings.Count(line.String(), "\n") != 1 {
		t.Errorf("%q is not one line", line.String())
	}
	got, err := readConfig(strings.NewReader(line.String()))
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestConfigThatIsNone(t *testing.T) {
	for _, in := range []string{"", "hello\n", "{"} {
		if _, err := readConfig(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), "standard input") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestOptionsDefaults(t *testing.T) {
	o, err := Options{Command: []string{"x"}, DataDir: "d", MaxMemoryBytes: 1}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != DefaultListen || o.Database != DefaultDatabase || o.MaxMemoryBytes != minMemoryBytes || len(o.ServicePassword) < 20 {
		t.Errorf("%+v", o)
	}
	again, err := Options{Command: []string{"x"}, DataDir: "d"}.withDefaults()
	if err != nil || again.ServicePassword == o.ServicePassword {
		t.Errorf("two engines share a password: %v", err)
	}
	if _, err := (Options{DataDir: "d"}).withDefaults(); err == nil {
		t.Error("no command was accepted")
	}
}
