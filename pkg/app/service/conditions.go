package service

import (
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// condition is one way in which honeymoat itself may not be well. The rules of
// deploy/prometheus have the same names, for those who scrape it: without
// Prometheus people are told all the same.
type condition struct {
	name     string        // of the alert, after "Honeymoat"
	patience time.Duration // how long it has to last
	helps    string        // what it means and what to do
	check    func(*vitals) []trouble
}

// Thresholds of the conditions.
const (
	detectLate     = time.Minute // a block that comes later has missed its point
	agentLate      = 30 * time.Second
	storeLate      = 15 * time.Minute    // analysts look at the past
	leastFree      = 0.05                // of the disk of the data directory
	mostRejected   = 0.05                // of a source's records
	fewRecords     = 20                  // that cannot be parsed are no change of format
	certificateEnd = 14 * 24 * time.Hour // before its end people are told
	failedSaves    = 3                   // in a row: one may be the machine's
)

func conditions() []condition {
	return []condition{
		{"BusDown", time.Minute, "Nothing is read, detected or blocked until it is back; agents enforce what they have.", unready("bus")},
		{"StoreDown", time.Minute, "Detection and blocking go on. History and search wait, and the store catches up by itself. See store.url or the engine's log.", unready("store")},
		{"AlertmanagerDown", time.Minute, "Alerts wait and are posted once it answers. See alerting.urls.", unready("alertmanager")},
		{"IngestBlocked", time.Minute, "Lines wait in their files until the store has caught up: bring the store back, or raise bus.max_bytes.", unready("ingest")},
		{"DetectBehind", 0, "Findings and blocks come late. See honeymoat_rule_seconds for a rule that costs too much, and the load of this host.", late("detect", detectLate)},
		{"StoreBehind", 0, "History is not up to date. See honeymoat_store_insert_seconds and the load of the store.", late("store", storeLate)},
		{"DeadLetters", 0, "What they hold was not processed. Look at the log for the reason, and at the stream DEAD; it takes a restart to forget them.", (*vitals).dead},
		{"RulesRefused", 0, "The rules of before are in force. `honeymoat config check` tells all mistakes.", one(func(v *vitals) string { return v.refusedRules })},
		{"FeedsInTrouble", 0, "Indicators of the last good answer are in force.", one(func(v *vitals) string { return v.feeds })},
		{"ReloadFailed", 0, "Mend the configuration and reload again.", one(func(v *vitals) string { return v.notReloaded })},
		{"AgentSilent", time.Minute, "It enforces what it last knew, and nothing of its gateway may reach us. Start it, or revoke it if it is gone for good: honeymoat agents revoke.", (*vitals).silent},
		{"AgentBehind", 0, "It lets through what others refuse. See its log, and the network between.", (*vitals).outOfStep},
		{"GatewayBehind", time.Minute, "Blocks that are in force are not enforced there. See honeymoat agents show AGENT, the agent's log, and the gateway's own.", (*vitals).gateways},
		{"Quarantine", 0, "Their format has changed, or is not the configured one. See honeymoat quarantine list; after mending it, honeymoat quarantine retry.", (*vitals).rejected},
		{"DiskNearlyFull", time.Minute, "At its end reading stops. Make room, or lower bus.max_bytes and store.retention_days.", (*vitals).disk},
		{"CertificateEnding", 0, "Clients and agents will refuse it. One of honeymoat's own is renewed by a restart; another has to be replaced at api.cert_file.", (*vitals).certificates},
		{"RolloutHeld", 0, "What was measured speaks against it. See honeymoat rollouts show RULE; then resume, promote or roll it back.", (*vitals).rollouts},
		{"StateNotSaved", 0, "Blocks and alerts go on. A restart reads again from the last checkpoint, which takes the longer the older that is. See the log for the reason, the bus's disk, and whether it keeps up.", (*vitals).notSaved},
		{"WebhookFailing", 5 * time.Minute, "Changes of blocks wait for it, and are delivered once it answers.", (*vitals).webhooks},
		{"DetectionForgets", 0, "Slow attacks may be missed. Raise rules.max_groups or rules.max_memory.", (*vitals).forgets},
	}
}

// complaints are what is the matter by what was seen of the service.
func complaints(all []condition, v *vitals) (list []complaint) {
	for i := range all {
		for _, t := range all[i].check(v) {
			list = append(list, complaint{&all[i], t})
		}
	}
	return list
}

// one is a condition of which there is one, told by a sentence; none is fine.
func one(read func(*vitals) string) func(*vitals) []trouble {
	return func(v *vitals) []trouble {
		if summary := read(v); summary != "" {
			return []trouble{{summary: summary}}
		}
		return nil
	}
}

func unready(name string) func(*vitals) []trouble {
	return one(func(v *vitals) string {
		for _, p := range v.parts {
			if p.Name == name && !p.Ready {
				return fmt.Sprintf("%s is not ready: %s", name, p.Detail)
			}
		}
		return ""
	})
}

// late does not name the seconds: the alert would be told anew each of them.
func late(consumer string, limit time.Duration) func(*vitals) []trouble {
	return one(func(v *vitals) string {
		if v.lags[consumer].time > limit {
			return fmt.Sprintf("%s is more than %v behind what was read", consumer, limit)
		}
		return ""
	})
}

func (v *vitals) dead() []trouble {
	if v.lastDead == nil {
		return nil
	}
	return []trouble{{summary: fmt.Sprintf("%d messages could not be processed and were put aside; the last one, of %s: %s",
		v.deadLetters, v.lastDead.stream, v.lastDead.reason)}}
}

func (v *vitals) silent() (list []trouble) {
	for i := range v.agents {
		if a := &v.agents[i]; !a.Connected {
			seen := "has not been seen since the service started"
			if !a.LastSeen.IsZero() {
				seen = "was last seen at " + a.LastSeen.UTC().Format(time.RFC3339)
			}
			list = append(list, trouble{ofAgent(a), fmt.Sprintf("agent %s of gateway %s %s", a.Name, a.Gateway, seen)})
		}
	}
	return list
}

func (v *vitals) outOfStep() (list []trouble) {
	for i := range v.agents {
		if a := &v.agents[i]; a.Connected && a.behind > agentLate {
			list = append(list, trouble{ofAgent(a), fmt.Sprintf("agent %s of gateway %s has not enforced the latest blocks for more than %v", a.Name, a.Gateway, agentLate)})
		}
	}
	return list
}

// gateways are those that hold blocks themselves, and not all of them.
func (v *vitals) gateways() (list []trouble) {
	for i := range v.agents {
		a := &v.agents[i]
		for _, w := range a.late() {
			where := ofAgent(a)
			where["way"] = w.Name
			list = append(list, trouble{where, fmt.Sprintf("%s of agent %s lacks blocks%s", w.Name, a.Name, because(w.Why))})
		}
	}
	return list
}

// late are the ways of an agent that lack a change for longer than they may.
func (a *agentVitals) late() (ways []block.WayState) {
	for _, w := range a.Ways {
		if a.Connected && w.Late() {
			ways = append(ways, w)
		}
	}
	return ways
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func ofAgent(a *agentVitals) map[string]string {
	return map[string]string{"agent": a.Name, "gateway": a.Gateway}
}

func (v *vitals) rejected() (list []trouble) {
	for _, source := range v.spoiled {
		list = append(list, trouble{map[string]string{"source": source}, "many records of source " + source + " cannot be parsed"})
	}
	return list
}

func (v *vitals) disk() []trouble {
	if v.space.size == 0 || v.space.free >= leastFree {
		return nil
	}
	return []trouble{{summary: fmt.Sprintf("less than %.0f %% of the disk of %s is free", 100*leastFree, v.space.dir)}}
}

func (v *vitals) certificates() (list []trouble) {
	for _, c := range v.certs {
		if c.end.Sub(v.now) < certificateEnd {
			list = append(list, trouble{map[string]string{"certificate": c.name},
				fmt.Sprintf("the certificate of the %s ends at %s", c.name, c.end.UTC().Format(time.RFC3339))})
		}
	}
	return list
}

func (v *vitals) rollouts() (list []trouble) {
	for i := range v.rules {
		if l := &v.rules[i]; stopped(l) {
			list = append(list, trouble{map[string]string{"rule": l.Rule}, fmt.Sprintf("the rollout of rule %s is %s: %s", l.Rule, l.State, l.Why)})
		}
	}
	return list
}

// stopped tells whether what was measured keeps a rule back. What a person
// keeps back is known.
func stopped(l *rollout.Logic) bool {
	return l.Who == rollout.ByGates && (l.State == rollout.Held || l.State == rollout.RolledBack)
}

// notSaved does not name how often: the alert would be told anew each time.
func (v *vitals) notSaved() []trouble {
	if v.unsaved < failedSaves {
		return nil
	}
	return []trouble{{summary: "what honeymoat knows is not being saved"}}
}

func (v *vitals) webhooks() (list []trouble) {
	for _, name := range v.failing {
		list = append(list, trouble{map[string]string{"webhook": name}, "webhook " + name + " does not take what it is sent"})
	}
	return list
}

func (v *vitals) forgets() []trouble {
	if !v.forgot {
		return nil
	}
	return []trouble{{summary: "correlations forget groups before their time, for want of room"}}
}
