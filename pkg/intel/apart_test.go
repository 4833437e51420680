package intel

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// TestFeedsApart: what stands apart is told by name, once something is known
// of it, and is no part of the set.
func TestFeedsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite()
		s.text("/one", "192.0.2.1\n")
		s.text("/own", "192.0.2.2\n192.0.2.3\n")
		own, broken := plain("own"), plain("broken")
		own.Apart, broken.Apart = true, true
		var mu sync.Mutex
		var set *indicator.Set
		var apart map[string]*indicator.List
		f, err := New(Options{
			Feeds: []Feed{plain("one"), own, broken}, Dir: filepath.Join(t.TempDir(), "intel"), HTTP: &http.Client{Transport: inMemory{s}},
			Changed: func(v *indicator.Set) { mu.Lock(); defer mu.Unlock(); set = v },
			Listed:  func(v map[string]*indicator.List) { mu.Lock(); defer mu.Unlock(); apart = v },
			Log:     slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = f.Run(t.Context()) }()
		timer := time.NewTimer(time.Minute)
		<-timer.C
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if set.Len() != 1 || len(apart) != 1 || apart["own"] == nil || apart["own"].Len() != 2 {
			t.Errorf("the set has %d, apart are %v", set.Len(), apart)
		}
	})
}
