package httpapi

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func exampleEvent() wire.Event {
	return wire.Event{
		ID: "00c5a0f1e2d3b4a5-1024", Time: noon, Received: noon, Agent: "gw-1", Source: "web", Gateway: "edge", Kind: "access",
		Direction: "ingress", Format: "combined", FilePath: "/var/log/nginx/access.log", Line: 9, PeerAddress: "10.0.0.1",
		ClientAddress: "192.0.2.1", ForwardedFor: "192.0.2.1", Method: "GET", Host: "shop.example", Path: "/.env", Query: "a=1",
		Protocol: "HTTP/1.1", Route: "/{path}", RouteOrigin: "inferred", Status: ptr(int64(0)), RequestBytes: ptr(int64(10)),
		ResponseBytes: ptr(int64(0)), Duration: ptr(int64(1000)), UpstreamDuration: ptr(int64(900)), UserAgent: "curl",
		Referer: "https://shop.example/", ContentType: "text/plain", RequestID: "abcdef0123456789", HeaderSignature: "h,u",
		QuerySignature: "a", TLSFingerprint: "t13d", TLSVersion: "TLSv1.3", PrincipalKind: "user", Principal: "9f", Application: "web",
		User: "8e", Session: "7d", Tenant: "north", API: "shop", Tags: "public", Country: "NL", Network: "AS64500", Sensitive: "email",
		DecisionAction: "deny", DecisionID: "0123456789abcdef", Quality: []string{"no_bytes"},
	}
}

func exampleFinding() finding.Finding {
	return finding.Finding{
		ID: finding.NewID("example"), Time: noon, Rule: "decoy.env-file", RuleVersion: "1", Family: finding.Decoy, Tier: finding.Log,
		Score: 0.9, Actor: finding.Actor{Kind: finding.Address, Value: "192.0.2.1"}, Title: "Decoy touched", Reason: "asked for /.env",
		API: "shop", Segment: block.All, Sighting: exampleSighting(), Wanted: finding.Wanted{LifetimeSeconds: 14400},
	}
}

func exampleAnomaly() finding.Finding {
	f := exampleFinding()
	f.Owner, f.Statistic, f.Repeats = "team-a", exampleStatistic(), 3
	return f
}

func exampleStatistic() *finding.Statistic {
	return &finding.Statistic{
		Shape: finding.Burst, Series: "requests", Unit: "requests", Expected: 10, Lower: 5, Upper: 20, Seen: 400, Since: noon, Until: noon,
		Probability: 1e-6, Parts: []finding.Part{{Kind: "address", Value: "192.0.2.1", Share: 0.9}},
	}
}

func exampleVote() evidence.Vote {
	return evidence.Vote{
		ID: finding.NewID("example"), Subject: evidence.Subject{Rule: "decoy.env-file", Kind: finding.Address}, Keep: true, By: "ana", At: noon, Reason: "it was one",
	}
}

func exampleOpinions() []evidence.Opinion {
	return []evidence.Opinion{
		{Subject: exampleVote().Subject, Keeps: 1, Discards: 0.5, Shift: 0.25, Last: noon},
		{Subject: evidence.Subject{Rule: "r", Kind: finding.Route}, Discards: 2, Shift: -0.8, Last: noon},
	}
}

func exampleExplained() respond.Explained {
	return respond.Explained{
		Actor: finding.Actor{Kind: finding.Address, Value: "192.0.2.1"}, Tier: finding.Notify,
		Stories: []respond.Story{{Tier: finding.Notify, Rule: "repeated", Reasons: []string{"Decoy touched"}, Lasting: map[string]time.Time{"a": noon}}},
		Reading: evidence.Reading{Risk: 0.9, Kinds: []string{"decoy"}, Contributions: []evidence.Contribution{{
			Rule: "decoy.env-file", Family: finding.Decoy, Findings: 2, First: noon, Last: noon, Nats: 2, Feedback: 0.5, Counts: 2, Share: 1,
		}}},
	}
}

func exampleSighting() finding.Sighting {
	return finding.Sighting{
		Via: finding.ViaAccess, Record: "00c5a0f1e2d3b4a5-1024", Source: "web", Gateway: "edge", File: "/var/log/nginx/access.log",
		Line: 9, RequestID: "abcdef0123456789", Method: "GET", Host: "shop.example", Path: "/.env", Status: 404, UserAgent: "curl",
	}
}

func exampleStoredFinding() wire.Finding {
	f := exampleFinding()
	return wire.Finding{
		ID: f.ID, Time: f.Time, Rule: f.Rule, RuleVersion: f.RuleVersion, Family: f.Family, Tier: f.Tier, Score: f.Score,
		Actor: f.Actor, Title: f.Title, Reason: f.Reason, API: f.API, Segment: f.Segment, BlockID: exampleBlock(1).ID.String(),
		Owner: "team-a", Statistic: exampleStatistic(), Sightings: []finding.Sighting{f.Sighting},
	}
}

// exampleBlock is the n-th of a list that is ordered by key.
func exampleBlock(n int) block.Block {
	addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})
	return block.Block{
		ID: block.NewID("example", fmt.Sprint(n)), Segment: block.All, Target: block.AddressTarget(addr), LifetimeSeconds: 3600,
		CreatedAt: noon, Reason: "probe", Rule: "decoy.env-file", RuleVersion: "1", Findings: []string{finding.NewID("example")},
		By: "rule:decoy.env-file", ApprovedBy: "ana", Revision: uint64(n),
	}
}

func exampleEnded() respond.Ended {
	return respond.Ended{
		Held: respond.Held{Block: exampleBlock(2), Denied: 5}, How: respond.EventRemoved, At: noon, By: "token:ana", Reason: "ours",
	}
}

func exampleActor(address string) respond.Actor {
	return respond.Actor{
		Actor: finding.Actor{Kind: finding.Address, Value: address}, Tier: finding.Notify, Reasons: []string{"Decoy touched"},
		Families: []finding.Family{finding.Decoy}, Findings: 1, FirstSeen: noon, LastSeen: noon,
		Risk: 0.5, Evidence: []finding.Finding{exampleFinding(), exampleAnomaly()}, Blocks: []block.ID{exampleBlock(1).ID},
	}
}

func exampleApproval(id string) respond.Approval {
	return respond.Approval{
		ID: id, Blocks: []block.Block{exampleBlock(3)}, By: "ana", At: noon, ExpiresAt: noon.Add(24 * time.Hour), Reason: "a botnet", Revision: "5f2a91c0",
		Because: &respond.Refusal{Rule: "preview", Reason: "it would hit many", Hint: "block less"}, Impact: &respond.Day{Requests: 5000, Successful: 2000, Principals: 3},
	}
}

func exampleRollout(rule, version string) rollout.Logic {
	return rollout.Logic{
		Rule: rule, Version: version, Stage: rollout.Canary5, Placement: rollout.Canary5.Placement(), State: rollout.Moving, Began: noon, Since: noon, Clean: noon,
		Measured: rollout.Measure{Findings: 20, Requests: 30}, Actors: 4,
		Gates:   []rollout.Gate{{Name: "time", Color: rollout.Measuring, Value: 60, Limit: 3600, Text: "1m of 1h"}},
		History: []rollout.Event{{Rule: rule, Version: version, At: noon, What: rollout.EventBegan, Who: rollout.ByGates}},
	}
}

func exampleDiscard(id string) respond.Discard {
	return respond.Discard{
		ID: id, Actor: finding.Actor{Kind: finding.Address, Value: "192.0.2.1"}, Rule: "decoy.env-file", Path: "/.env",
		Reason: "our own scanner", By: "ana", At: noon, ExpiresAt: noon.Add(time.Hour),
	}
}

func exampleAudit() respond.AuditEntry {
	return respond.AuditEntry{
		ID: "a1", At: noon, Who: "ana", Role: "analyst", Address: "192.0.2.9", Action: "block.add", Subject: "192.0.2.1",
		Detail: "{}", Outcome: "done",
	}
}

func exampleAgent() block.Agent {
	return block.Agent{
		Name: "gw-1", Gateway: "edge", Segments: []string{block.All, "shop"}, EnrolledAt: noon, EnrolledBy: "token:root",
		LastSeen: noon, Connected: true, Software: "honeymoat-agent/1", PropagationMillis: 2.5,
		Enforcing: map[string]block.Version{block.All: {Revision: 9, Count: 3, Hash: 12}},
	}
}
