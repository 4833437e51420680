package config

import (
	"testing"
	"time"
)

func TestIntelDefaults(t *testing.T) {
	s, err := ParseService("x.yaml", []byte(`
intel:
  feeds:
    - {name: list, url: "https://intel.example.net/list.txt"}
    - {name: own, file: /etc/honeymoat/own.csv, format: csv, columns: {value: 1, labels: Tags}, separator: tab, tier: notify, block: {ttl: 1h, mode: enforce}}
    - {name: cert, url: "https://taxii.example.net/taxii2/", format: taxii, collection: scan, user: hm, password_file: /etc/honeymoat/taxii}
`))
	if err != nil {
		t.Fatal(err)
	}
	list, own := s.Intel.Feeds[0], s.Intel.Feeds[1]
	if list.Every != time.Hour || list.Expires != 720*time.Hour || list.Confidence != 50 || list.Tier != "log" || list.Block.Mode != "shadow" || list.Block.TTL != 0 {
		t.Errorf("%+v", list)
	}
	if separator, _ := own.SeparatorByte(); own.Every != 10*time.Second || own.Expires != 0 || separator != '\t' || own.Columns["value"] != "1" || own.Block.Mode != "enforce" {
		t.Errorf("%+v", own)
	}
}
