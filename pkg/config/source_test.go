package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestTheRespondersLogIsASource(t *testing.T) {
	edge := Source{Name: "edge", Paths: []string{"/var/log/nginx/access.log"}}
	f := func(listen string, configured Source, wantOwn bool) {
		t.Helper()
		before := []Source{edge, configured}
		r := Responder{Listen: listen, Log: "/var/lib/hm/decoy.log"}
		got := r.WithDecoyLog(before[:2:2], "shop")
		want := before
		if wantOwn {
			want = append(want, Source{
				Name: "decoys", Gateway: "shop", Kind: "decoy", Format: "json", From: "beginning", Mask: "store", Paths: []string{"/var/lib/hm/decoy.log"},
			})
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	other := Source{Name: "other", Paths: []string{"/x.log"}}
	f("127.0.0.1:1", other, true)
	f("", other, false)
	f("127.0.0.1:1", Source{Name: "mine", Kind: "decoy", Paths: []string{"/var/lib/hm/decoy.log"}}, false)
	f("127.0.0.1:1", Source{Name: "mine", Kind: "decoy", Paths: []string{"/x", "/var/lib/hm/decoy*.log"}}, false)
	f("127.0.0.1:1", Source{Name: "broken", Paths: []string{"[", "/var/lib/other/*.log"}}, true)
	if own := (Responder{Listen: "x", Log: "y"}).WithDecoyLog(nil, ""); own[0].Gateway != DecoySource {
		t.Errorf("without a gateway: %+v", own)
	}
}

func TestAddLogs(t *testing.T) {
	s := DefaultService()
	s.AddLogs(nil)
	if len(s.Sources) != 0 {
		t.Errorf("no logs: %+v", s.Sources)
	}
	s.AddLogs([]string{"/a", "/b"})
	want := []Source{{Name: "files", Gateway: "files", Kind: "access", Format: "auto", From: "beginning", Mask: "store", Paths: []string{"/a", "/b"}}}
	if !reflect.DeepEqual(s.Sources, want) {
		t.Errorf("%+v", s.Sources)
	}
}

func TestSetDataDirTakesWhatLiesInIt(t *testing.T) {
	s, err := ParseService("", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.SetDataDir("/srv")
	if s.DataDir != "/srv" || s.API.TokenFile != "/srv/tokens.yaml" || s.Decoys.Responder.Log != "/srv/decoy.log" {
		t.Errorf("%+v", s)
	}
	s.API.TokenFile = "/etc/tokens.yaml"
	s.SetDataDir("/var")
	if s.API.TokenFile != "/etc/tokens.yaml" || s.Decoys.Responder.Log != "/var/decoy.log" {
		t.Errorf("%+v", s)
	}
}

func TestAFormatWithADefaultNeedsNoPattern(t *testing.T) {
	parse := func(format string) error {
		_, err := ParseService("x.yaml", []byte("sources: [{name: a, paths: [/var/log/a.log], format: "+format+"}]\n"))
		return err
	}
	for _, format := range []string{"envoy", "haproxy", "w3c"} {
		if err := parse(format); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	for _, format := range []string{"nginx", "apache"} {
		if parse(format) == nil {
			t.Errorf("%s without a pattern was taken", format)
		}
	}
}

func TestTwoSourcesCannotListenAtOneAddress(t *testing.T) {
	parse := func(second string) error {
		_, err := ParseService("x.yaml", []byte("sources:\n- {name: a, syslog: [\"udp://127.0.0.1:5514\", \"udp://127.0.0.1:0\"]}\n- {name: b, syslog: [\""+second+"\"]}\n"))
		return err
	}
	for _, free := range []string{"tcp://127.0.0.1:5514", "udp://127.0.0.1:5515", "udp://127.0.0.1:0"} {
		if err := parse(free); err != nil {
			t.Errorf("%s: %v", free, err)
		}
	}
	if err := parse("udp://127.0.0.1:5514"); err == nil || !strings.Contains(err.Error(), `x.yaml:3:22: sources[1].syslog[0]: "udp://127.0.0.1:5514" is taken by the source "a"`) {
		t.Error(err)
	}
}

func TestAClientHeaderIsAName(t *testing.T) {
	for name, good := range map[string]bool{"CF-Connecting-IP": true, "x_client": true, "CF Connecting": false, "Ä": false, "a:": false} {
		if _, err := ParseService("x.yaml", []byte("sources: [{name: a, http: true, client_header: \""+name+"\"}]\n")); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}
