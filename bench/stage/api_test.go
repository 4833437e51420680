package stage

import "testing"

func TestMetricSumsLabels(t *testing.T) {
	const text = "# HELP a things\n# TYPE a counter\na{b=\"c d\"} 1\na{b=\"e\"} 2.5\nab 7\nlone 4e3\nodd many\n"
	f := func(name string, want float64) {
		t.Helper()
		if got, err := metric(text, name); err != nil || got != want {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	f("a", 3.5)
	f("ab", 7)
	f("lone", 4000)
	for _, bad := range []string{"b", "odd", "things"} {
		if _, err := metric(text, bad); err == nil {
			t.Errorf("%s is a metric", bad)
		}
	}
}

func TestProblemIsToldFromOtherAnswers(t *testing.T) {
	if err := problem(409, []byte(`{"type":"urn:honeymoat:problem:conflict","title":"x","status":409}`)); err.Error() != "x" {
		t.Errorf("%v", err)
	}
	if err := problem(502, []byte("<html>")); err.Error() != "status 502: <html>" {
		t.Errorf("%v", err)
	}
}
