package httpapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPIDocument)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// operation is one of the document.
type operation struct {
	*openapi3.Operation
	method, path string
}

func (o *operation) role() string {
	role, _ := o.Extensions["x-role"].(string)
	return role
}

// operations gives them by their id.
func operations(t *testing.T) map[string]operation {
	t.Helper()
	all := map[string]operation{}
	for path, item := range document(t).Paths.Map() {
		for method, o := range item.Operations() {
			all[o.OperationID] = operation{o, method, path}
		}
	}
	return all
}

// templated is a path of gin as OpenAPI writes it.
func templated(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func TestDocumentHasEveryRouteAndNoOther(t *testing.T) {
	w := newWorld(t)
	documented := map[string]string{} // "METHOD path" → role
	for _, o := range operations(t) {
		documented[o.method+" "+o.path] = o.role()
	}
	served := map[string]string{}
	for _, r := range w.routes() {
		served[r.method+" "+templated(r.path)] = r.need.String()
	}
	if !maps.Equal(served, documented) {
		t.Errorf("served:\n%v\ndocumented:\n%v", served, documented)
	}
	for _, r := range w.engine.Routes() {
		_, ok := served[r.Method+" "+templated(r.Path)]
		if !ok && !strings.HasPrefix(r.Path, mountPath+"/") && !strings.HasPrefix(r.Path, bouncerPath+"/") && r.Path != bouncerHealth {
			t.Errorf("gin serves %s %s, which the table of routes lacks", r.Method, r.Path)
		}
	}
}

func TestDocumentDescribesEverything(t *testing.T) {
	for id, o := range operations(t) {
		if o.Summary == "" || o.role() == "" || o.Security == nil || len(o.Tags) == 0 {
			t.Errorf("%s lacks a summary, a tag, x-role or security", id)
		}
		if (o.role() == "public") != (len(*o.Security) == 0) {
			t.Errorf("%s has the role %s and the security %v", id, o.role(), *o.Security)
		}
		success := 0
		for status, r := range o.Responses.Map() {
			n, err := strconv.Atoi(status)
			if err != nil || r.Value.Description == nil {
				t.Errorf("%s: response %s", id, status)
			}
			if n < 300 {
				success++
			}
			if n != http.StatusNoContent && n != http.StatusNotModified && len(r.Value.Content) == 0 {
				t.Errorf("%s: response %s has no content", id, status)
			}
		}
		if success == 0 {
			t.Errorf("%s documents no success", id)
		}
	}
}

func TestDocumentListsEveryKindOfProblem(t *testing.T) {
	text := document(t).Components.Schemas["Problem"].Value.Description
	_, list, _ := strings.Cut(text, "Names of types: ")
	documented := strings.Split(strings.TrimSuffix(list, "."), ", ")
	var all []string
	for _, k := range []kind{
		badRequest, badParameters, noToken, wrongToken, lowRole, refused, notFound, badMethod, conflict, keyUsed, grown, fenced, backtesting,
		tooLarge, badMedia, tooMany, internal, unavailable, busy, timedOut, full,
	} {
		all = append(all, k.name)
	}
	slices.Sort(documented)
	slices.Sort(all)
	if !slices.Equal(documented, all) {
		t.Errorf("documented %v, there are %v", documented, all)
	}
}

// examples has a good request for every operation.
func (w *world) examples() map[string]call {
	e := auth.Enrolment{CA: w.Server.options.CA, Secret: "one-time"}
	w.agents.tokens[e.Digest()] = Enrolment{Gateway: "edge", Segments: []string{"shop"}}
	blockID := exampleBlock(1).ID.String()
	return map[string]call{
		"index": {path: "/"}, "health": {path: "/healthz"}, "ready": {path: "/readyz"}, "metrics": {path: "/metrics"},
		"openapi": {path: "/api/v1/openapi.json"}, "status": {path: "/api/v1/status"}, "baselines": {path: "/api/v1/baselines"},
		"ingest": {path: "/api/v1/ingest?source=edge", body: `[{"method":"GET","uri":"/a"},{"method":"GET","uri":"/b"}]`},
		"listEvents": {path: "/api/v1/events?limit=10&since=2026-01-01T00:00:00Z&until=2026-12-01T00:00:00Z&client=192.0.2.0/24&source=web" +
			"&gateway=edge&kind=access&host=shop.example&method=GET&path_prefix=/&status=4xx&request_id=a&decision_action=deny" +
			"&decision_id=0123456789abcdef&cursor=x"},
		"getEvent":       {path: "/api/v1/events/00c5a0f1e2d3b4a5-1024"},
		"listQuarantine": {path: "/api/v1/quarantine?source=web&reason=x&host=gw-1"},
		"getQuarantined": {path: "/api/v1/quarantine/records/00c5a0f1e2d3b4a5-10"},
		"askRetry":       {path: "/api/v1/quarantine/retries", body: `{"source":"web","reason":"no time","all":true}`},
		"getRetry":       {path: "/api/v1/quarantine/retries/3"},
		"retryOrders":    {path: "/api/v1/agent/retries?after=2"},
		"retried": {path: "/api/v1/agent/retries",
			body: `{"number":3,"done":true,"tried":5,"parsed":3,"failed":2,"reasons":{"no time":2}}`},
		"listFindings":     {path: "/api/v1/findings?rule=r&family=decoy&tier=notify&actor=192.0.2.1&discarded=false"},
		"getFinding":       {path: "/api/v1/findings/" + exampleFinding().ID},
		"discardFinding":   {path: "/api/v1/findings/" + exampleFinding().ID + "/discard", body: `{"reason":"ours"}`},
		"keepFinding":      {path: "/api/v1/findings/" + exampleFinding().ID + "/keep", body: `{"reason":"it was one"}`},
		"unkeepFinding":    {path: "/api/v1/findings/" + exampleFinding().ID + "/keep"},
		"listFeedback":     {path: "/api/v1/feedback?limit=1"},
		"listTiers":        {path: "/api/v1/tiers"},
		"listDiscards":     {path: "/api/v1/discards?limit=1"},
		"addDiscard":       {path: "/api/v1/discards", body: `{"actor":"192.0.2.1","reason":"ours","lifetime_seconds":60}`},
		"removeDiscard":    {path: "/api/v1/discards/d1"},
		"listActors":       {path: "/api/v1/actors?kind=address&tier=log&limit=1"},
		"getActor":         {path: "/api/v1/actors/address/192.0.2.1"},
		"getActorEvidence": {path: "/api/v1/actors/address/192.0.2.1/evidence"},
		"linkedActors":     {path: "/api/v1/actors/address/192.0.2.1/links?since=2026-01-01T00:00:00Z"},
		"similarActors":    {path: "/api/v1/actors/token/k1:sesame/similar?limit=3&until=2026-12-01T00:00:00Z"},
		"listBlocks": {path: "/api/v1/blocks?limit=1&segment=all&target=192.0.2.0/24&scope=address&action=deny&mode=enforce&batch=b" +
			"&rule=decoy.env-file&by=rule:decoy.env-file"},
		"addBlock": {path: "/api/v1/blocks?wait=enforced&timeout=2s", header: map[string]string{"Idempotency-Key": "k1"},
			body: `{"target":"192.0.2.0/24 & user_agent:curl/8","action":"throttle","terms":{"rate":2,"each":true},"mode":"canary","percent":10,"lifetime_seconds":60,"reason":"probe"}`},
		"addBlocks": {path: "/api/v1/blocks/bulk?wait=enforced", header: map[string]string{"Idempotency-Key": "k2"},
			body: `{"reason":"a list","lifetime_seconds":60,"items":[{"target":"192.0.2.7"},{"target":{"scope":"country","value":"QV"},"action":"flag"}]}`},
		"why":            {path: "/api/v1/blocks/why?target=192.0.2.1"},
		"askWhy":         {path: "/api/v1/blocks/why", body: `{"target":{"scope":"user","value":"alice"}}`},
		"preview":        {path: "/api/v1/blocks/preview?target=192.0.2.1&since=2026-03-01T12:00:00Z&until=2026-03-01T13:00:00Z"},
		"askPreview":     {path: "/api/v1/blocks/preview?since=2026-03-01T12:00:00Z&until=2026-03-01T13:00:00Z", body: `{"target":"user:alice & api:shop"}`},
		"undoBatch":      {path: "/api/v1/batches/00000000000000ba/undo", body: `{"reason":"ours"}`},
		"listApprovals":  {path: "/api/v1/approvals?limit=1"},
		"getApproval":    {path: "/api/v1/approvals/00000000000000a1"},
		"approve":        {path: "/api/v1/approvals/00000000000000a1/approve?wait=enforced&timeout=1s", body: `{"reason":"I looked"}`},
		"rejectApproval": {path: "/api/v1/approvals/00000000000000a1/reject", body: `{"reason":"ours"}`},
		"breaker":        {path: "/api/v1/breaker"},
		"resume":         {path: "/api/v1/breaker/resume", body: `{"reason":"an attack"}`},
		"listRollouts":   {path: "/api/v1/rollouts?limit=1&rule=rule-1&stage=canary-5&state=moving"},
		"commandRollout": {path: "/api/v1/rollouts/rule-1/1/hold", body: `{"reason":"wait"}`},
		"complain":       {path: "/api/v1/complaints", body: `{"block_id":"` + blockID + `","text":"Ana cannot log in"}`},
		"getBlock":       {path: "/api/v1/blocks/" + blockID},
		"removeBlock":    {path: "/api/v1/blocks/" + blockID + "?reason=ours"},
		"fetchList":      {path: "/api/v1/lists/shop.json?wait=1s", header: map[string]string{"If-None-Match": `"x"`}},
		"fetchListHead":  {path: "/api/v1/lists/all.txt"},
		"listBouncers":   {path: "/api/v1/bouncers?limit=1"},
		"listAgents":     {path: "/api/v1/agents"},
		"createEnrolment": {path: "/api/v1/agents/enrolments",
			body: `{"name":"gw-2","gateway":"edge","segments":["shop"],"lifetime_seconds":60}`},
		"enrol":         {path: "/api/v1/agents/enroll", body: `{"token":"` + e.String() + `","name":"gw-3","software":"a/1"}`},
		"revokeAgent":   {path: "/api/v1/agents/gw-1"},
		"listDecoys":    {path: "/api/v1/decoys?limit=1"},
		"listRules":     {path: "/api/v1/rules?limit=1&family=scanner&applicable=true"},
		"getRule":       {path: "/api/v1/rules/rule-1"},
		"lintRules":     {path: "/api/v1/rules/lint", body: `{"yaml":"title: x"}`},
		"explainRules":  {path: "/api/v1/rules/explain", body: `{"line":"GET /","format":"combined","rule":"rule-1"}`},
		"backtest":      {path: "/api/v1/rules/backtest", body: `{"rule":"rule-1","since":"2026-01-01T00:00:00Z","block_seconds":60}`},
		"findPrincipal": {path: "/api/v1/principals/find", body: `{"value":"bob","reason":"ticket 7"}`},
		"erase":         {path: "/api/v1/erasures", body: `{"address":"192.0.2.1","reason":"ticket 8"}`},
		"listAudit":     {path: "/api/v1/audit?who=ana&action=block.add&subject=192.0.2.1"},
		"stream":        {path: "/api/v1/agent/stream?have=all:9:000000000000000c:3"},
		"report": {path: "/api/v1/agent/report",
			body: `{"software":"a/1","enforcing":{"all":{"revision":9,"count":3,"hash":"12"}},"denied":1,"decided":2}`},
		"touch": {path: "/api/v1/agent/touch", body: string(w.json(exampleFinding()))},
		"mark":  {path: "/api/v1/agent/mark?source=web&file=00c5a0f1e2d3b4a5"},
		"lines": {path: "/api/v1/agent/lines", body: w.batch(2),
			header: map[string]string{"Content-Type": "application/octet-stream", block.AfterHeader: "7"}},
	}
}

func (w *world) json(v any) []byte {
	w.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// batch is an encoded batch.
func (w *world) batch(rows int) string {
	w.t.Helper()
	codec, err := event.NewCodec()
	if err != nil {
		w.t.Fatal(err)
	}
	defer codec.Close()
	b := &event.Batch{Header: event.Header{Source: "web", File: "00c5a0f1e2d3b4a5", Shipper: "somebody-else", End: 10}}
	for range rows {
		b.SetString(event.Path, "/")
		b.EndRow()
	}
	return string(codec.Append(nil, b))
}

// credential is the least one that an operation takes.
func credential(role string) string {
	return map[string]string{
		"viewer": viewerToken, "analyst": analystToken, "admin": adminToken, "ingest": pushToken, "bouncer": bouncerToken, "agent": auth.AgentBearer("gw-1", agentSecret),
	}[role]
}

func TestEveryOperationAnswersAsDocumented(t *testing.T) {
	for id, o := range operations(t) {
		t.Run(id, func(t *testing.T) {
			w := newWorld(t)
			c, ok := w.examples()[id]
			if !ok {
				t.Fatal("no example")
			}
			c.method, c.token = o.method, credential(o.role())
			checkRequest(t, o, c)
			answer := w.do(c)
			if answer.Code >= 300 {
				t.Fatalf("status %d: %s", answer.Code, answer.Body)
			}
			checkAnswer(t, o, answer)
		})
	}
}

// checkRequest holds an example against the document.
func checkRequest(t *testing.T, o operation, c call) {
	t.Helper()
	u, err := url.Parse(c.path)
	if err != nil {
		t.Fatal(err)
	}
	for name := range u.Query() {
		if o.Parameters.GetByInAndName("query", name) == nil {
			t.Errorf("parameter %s is not documented", name)
		}
	}
	for name := range c.header {
		if name != "Content-Type" && o.Parameters.GetByInAndName("header", name) == nil {
			t.Errorf("header %s is not documented", name)
		}
	}
	if (c.body != "") != (o.RequestBody != nil) {
		t.Errorf("the example has a body of %d bytes, the document says %v", len(c.body), o.RequestBody)
	}
	if o.RequestBody == nil || c.header["Content-Type"] != "" {
		return
	}
	visit(t, o.RequestBody.Value.Content.Get("application/json"), []byte(c.body))
}

// checkAnswer holds an answer against the document.
func checkAnswer(t *testing.T, o operation, answer *httptest.ResponseRecorder) {
	t.Helper()
	documented := o.Responses.Value(strconv.Itoa(answer.Code))
	if documented == nil {
		t.Fatalf("status %d is not documented: %s", answer.Code, answer.Body)
	}
	if len(documented.Value.Content) == 0 {
		if answer.Body.Len() > 0 {
			t.Errorf("got a body that is not documented: %s", answer.Body)
		}
		return
	}
	media, _, err := mime.ParseMediaType(answer.Header().Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	content := documented.Value.Content[media]
	if content == nil {
		t.Fatalf("the type %s is not documented", media)
	}
	switch {
	case strings.HasSuffix(media, "ndjson"):
		for line := range bytes.Lines(answer.Body.Bytes()) {
			visit(t, content, line)
		}
	case strings.HasSuffix(media, "json"):
		visit(t, content, answer.Body.Bytes())
	}
}

func visit(t *testing.T, content *openapi3.MediaType, text []byte) {
	t.Helper()
	if content == nil {
		t.Fatal("no content is documented")
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if err := content.Schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

func TestEveryDocumentedParameterIsKnown(t *testing.T) {
	for id, o := range operations(t) {
		var documented []string
		for _, p := range o.Parameters {
			if p.Value.In == "query" {
				documented = append(documented, p.Value.Name)
			}
		}
		if len(documented) == 0 {
			continue
		}
		w := newWorld(t)
		c := w.examples()[id]
		c.method, c.token = o.method, credential(o.role())
		sep := "?"
		if strings.Contains(c.path, "?") {
			sep = "&"
		}
		c.path += sep + "no_such_parameter=1"
		p := w.problem(w.do(c), badParameters)
		if len(p.Invalid) != 1 || p.Invalid[0].Name != "no_such_parameter" {
			t.Errorf("%s: got %v", id, p.Invalid)
			continue
		}
		_, list, _ := strings.Cut(p.Invalid[0].Reason, "knows ")
		known := strings.Split(list, ", ")
		slices.Sort(known)
		slices.Sort(documented)
		if !slices.Equal(known, documented) {
			t.Errorf("%s knows %v, documented are %v", id, known, documented)
		}
	}
}

func TestRolesAreAsDocumented(t *testing.T) {
	order := []string{"viewer", "analyst", "admin"}
	for id, o := range operations(t) {
		for _, have := range append(order, "agent", "ingest", "bouncer") {
			w := newWorld(t)
			c := w.examples()[id]
			c.method, c.token = o.method, credential(have)
			answer := w.do(c)
			need := o.role()
			allowed := need == "public" || need == have || need == "ingest" && have == "admin" || need == "bouncer" && slices.Contains(order, have) ||
				slices.Contains(order, need) && slices.Index(order, have) >= slices.Index(order, need)
			if allowed == (answer.Code == http.StatusForbidden) {
				t.Errorf("%s needs %s, %s got %d: %s", id, need, have, answer.Code, answer.Body)
			}
			if !allowed {
				p := w.problem(answer, lowRole)
				checkAnswer(t, o, answer)
				if slices.Contains(order, have) && slices.Contains(order, need) && !strings.Contains(p.Hint, need) {
					t.Errorf("%s: the hint %q does not name the role %s", id, p.Hint, need)
				}
			}
		}
	}
}

func TestCredentialsAreNeeded(t *testing.T) {
	wrong := []string{"hm_wrong", oldToken, "agent.gw-1.wrong", "agent.gw-9." + agentSecret, "agent."}
	for id, o := range operations(t) {
		if o.role() == "public" {
			continue
		}
		w := newWorld(t)
		c := w.examples()[id]
		c.method = o.method
		answer := w.do(c)
		w.problem(answer, noToken)
		if answer.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", id)
		}
		for _, c.token = range wrong {
			answer := w.do(c)
			w.problem(answer, wrongToken)
			checkAnswer(t, o, answer)
			if answer.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", id)
			}
		}
	}
}

func TestListsEndWithoutNext(t *testing.T) {
	w := newWorld(t)
	w.history.missing, w.operator.actors, w.operator.discards, w.blocks.blocks, w.agents.agents = true, nil, nil, nil, nil
	w.rules.rules, w.operator.approvals, w.operator.rollouts = nil, nil, nil
	w.operator.feedback, w.operator.tiers = nil, nil
	for id, o := range operations(t) {
		if !strings.HasPrefix(id, "list") || id == "listDecoys" {
			continue
		}
		page := decoded[wire.Page[any]](t, w.get(o.path, adminToken))
		if page.Items == nil || len(page.Items) != 0 || page.Next != "" {
			t.Errorf("%s: got %+v, want an empty list", id, page)
		}
	}
}
