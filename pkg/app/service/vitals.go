package service

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// vitals are what conditions go by, as it was when it was last looked at.
type vitals struct {
	now          time.Time
	parts        []wire.Part
	lags         map[string]lateness // by consumer
	agents       []agentVitals       // that are not revoked
	spoiled      []string            // sources of which many records cannot be parsed
	space        space
	certs        []certificate
	rules        []rollout.Logic
	failing      []string // webhooks
	refusedRules string
	feeds        string
	notReloaded  string
	deadLetters  int64
	lastDead     *deadLetter
	forgot       bool   // correlations have, for want of room
	unsaved      uint64 // checkpoints in a row that failed
}

// lateness is how far a consumer is behind its stream.
type lateness struct {
	time     time.Duration
	messages uint64
}

type agentVitals struct {
	block.Agent
	behind time.Duration // since when it has not enforced the latest of its segments
}

// space is that of the disk on which the data directory lies.
type space struct {
	dir  string
	size uint64  // bytes; 0 = not known
	free float64 // share of it that this user may fill
}

type certificate struct {
	name string // server or authority
	end  time.Time
}

// vigil remembers what one look has to know of those before.
type vigil struct {
	lags     map[string]*lag // by consumer, or agent and segment
	lines    map[string]*growth
	rejected map[string]*growth
	evicted  growth
}

func newVigil() *vigil {
	return &vigil{lags: map[string]*lag{}, lines: map[string]*growth{}, rejected: map[string]*growth{}}
}

// recently is how far back shares and growths are looked at.
const recently = 10 * time.Minute

// examine looks at everything. What cannot be seen is joined into the error,
// and reads as if it were well: its part tells that it is not.
func (s *Service) examine(ctx context.Context, w *vigil, parts []wire.Part, now time.Time) (*vitals, error) {
	v := &vitals{
		now: now, parts: parts, rules: s.responder.Rollouts(),
		refusedRules: s.refusedRules(), feeds: strings.Join(feedTroubles(s.feeds.States()), "; "), notReloaded: s.failedReload(),
		deadLetters: s.deadLetters.Load(), lastDead: s.lastDead.Load(),
		forgot:  w.evicted.over(recently, s.detector.Windows().EvictedBySize, now) > 0,
		unsaved: s.responder.Stats().Unsaved,
	}
	if s.webhooks != nil {
		v.failing = s.webhooks.Failing()
	}
	var problems [4]error
	v.lags, problems[0] = s.lags(ctx, w, now)
	v.agents, problems[1] = s.agentVitals(ctx, w, now)
	v.spoiled = w.spoiled(s.shipper.Stats().Sources, now)
	v.space, problems[2] = spaceOf(s.config.DataDir)
	v.certs, problems[3] = s.certificates()
	return v, errors.Join(problems[:]...)
}

// lags tells how late the consumers of lines are.
func (s *Service) lags(ctx context.Context, w *vigil, now time.Time) (map[string]lateness, error) {
	end, err := s.bus.Ends(ctx)
	if err != nil {
		return nil, fmt.Errorf("lag of consumers: %w", err)
	}
	late := map[string]lateness{}
	for consumer, position := range map[string]uint64{"detect": s.responder.Sequence(), "store": s.writer.LinesDone()} {
		behind, messages := w.lag(consumer).behind(end.Lines, position, now)
		late[consumer] = lateness{behind, messages}
	}
	return late, nil
}

func (w *vigil) lag(of string) *lag {
	l := w.lags[of]
	if l == nil {
		l = &lag{}
		w.lags[of] = l
	}
	return l
}

func (s *Service) agentVitals(ctx context.Context, w *vigil, now time.Time) ([]agentVitals, error) {
	agents, err := s.bus.Agents().Agents(ctx)
	if err != nil {
		return nil, fmt.Errorf("state of agents: %w", err)
	}
	latest := s.bus.Blocks().Versions()
	list := make([]agentVitals, 0, len(agents))
	for i := range agents {
		if !agents[i].Revoked {
			list = append(list, agentVitals{agents[i], w.agentBehind(&agents[i], latest, now)})
		}
	}
	return list, nil
}

// agentBehind tells since when an agent has lacked a change of its segments.
// Revisions are counted for each segment by itself.
func (w *vigil) agentBehind(a *block.Agent, latest map[string]block.Version, now time.Time) (longest time.Duration) {
	segments := append([]string{block.All}, a.Segments...)
	for _, segment := range segments {
		behind, _ := w.lag("agent "+a.Name+" "+segment).behind(latest[segment].Revision, a.Enforcing[segment].Revision, now)
		longest = max(longest, behind)
	}
	return longest
}

// spoiled lists the sources of which many of the latest records were
// quarantined.
func (w *vigil) spoiled(sources map[string]ingest.SourceStats, now time.Time) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		good := growing(w.lines, name, sources[name].Lines, now)
		var n uint64
		for _, of := range sources[name].Rejected {
			n += of
		}
		bad := growing(w.rejected, name, n, now)
		if bad >= fewRecords && float64(bad) > mostRejected*float64(good+bad) {
			list = append(list, name)
		}
	}
	return list
}

func growing(all map[string]*growth, name string, value uint64, now time.Time) uint64 {
	g := all[name]
	if g == nil {
		g = &growth{}
		all[name] = g
	}
	return g.over(recently, value, now)
}

func spaceOf(dir string) (space, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return space{}, fmt.Errorf("free space of %s: %w", dir, err)
	}
	s := space{dir: dir, size: fs.Blocks * uint64(fs.Bsize)}
	s.free = float64(fs.Bavail) / float64(max(fs.Blocks, 1))
	return s, nil
}

// certificates are those by which others know this service.
func (s *Service) certificates() ([]certificate, error) {
	file := cmp.Or(s.config.API.CertFile, pemFiles(s.dir, "server").cert)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("server certificate: %w", err)
	}
	var list []certificate
	for name, text := range map[string][]byte{"server": text, "authority": s.identity.authority.CertPEM()} {
		end, err := endOf(text)
		if err != nil {
			return nil, fmt.Errorf("%s certificate: %w", name, err)
		}
		list = append(list, certificate{name, end})
	}
	return list, nil
}

func endOf(text []byte) (time.Time, error) {
	first, _ := pem.Decode(text)
	if first == nil {
		return time.Time{}, errors.New("no PEM block in it")
	}
	cert, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return time.Time{}, err
	}
	return cert.NotAfter, nil
}
