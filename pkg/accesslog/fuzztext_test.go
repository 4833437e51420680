package accesslog

import "testing"

// textFormats are the formats whose records are text.
func textFormats() []string {
	return []string{"combined", "envoy", "haproxy", "aws-alb", "krakend", "tyk", "w3c", "traefik-clf"}
}

// FuzzTextFormats is FuzzReader for one of the text formats at a time.
func FuzzTextFormats(f *testing.F) {
	samples := sampleLogs()
	for i, format := range textFormats() {
		f.Add(byte(i), []byte(samples[format]+"\n"), 40)
	}
	f.Add(byte(5), []byte(`time="Jan 29 08:27:09" level=info method=GET path="/\x41" prefix=access-log status=200`+"\n"), 9)
	f.Fuzz(func(t *testing.T, which byte, data []byte, cut int) {
		formats := textFormats()
		sameRows(t, formats[int(which)%len(formats)], data, cut)
	})
}
