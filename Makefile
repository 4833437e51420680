# honeymoat: `make run` shows it at work, `make test` runs every check.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ENGINE  := .cache/engine
FOREIGN := .cache/foreign
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# Programs and tests without cgo, so that they share what is compiled; only
# the race detector needs it.
export CGO_ENABLED := 0

RACE    := ./pkg/event ./pkg/block ./pkg/finding ./pkg/accesslog ./pkg/decoy ./pkg/ingest ./pkg/detect ./pkg/respond ./pkg/agent/... ./pkg/tailer \
           ./pkg/privacy ./pkg/erase ./pkg/receive ./pkg/quarantine ./pkg/webhook ./pkg/alerting

.PHONY: help run test fortnight demo bench judge torture corpus alike sigmahq build engine foreign setup lint fuzz clean

help: ## show the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build engine ## start everything embedded on a log: make run [LOG=/var/log/nginx/access.log]
	@deploy/sample/run.sh $(BIN) "$(LOG)"

test: setup build lint ## run all checks; sets up what they need
	go test -timeout 20m ./...
	CGO_ENABLED=1 go test -timeout 10m -race $(RACE)

fortnight: ## two weeks of an API with planted incidents: what is found, when, how loudly
	go run ./bench/fortnight

demo: setup build ## two nginx gateways, an attacker and a client: the timeline
	go run ./bench/demo -bin $(BIN)

bench: setup build ## measure: lines/s, milliseconds to refusal, nanoseconds a decision, what gateways pay
	go run ./bench -bin $(BIN)

judge: ## score anomaly detectors on labelled series: make judge NAB=DIR CLOUD=DIR (either or both)
	@test -n "$(NAB)$(CLOUD)" || { echo "make judge NAB=DIR CLOUD=DIR: want the Numenta Anomaly Benchmark, a folder of labelled CSV files, or both"; exit 1; }
	@go run ./bench/judge $(if $(NAB),-nab "$(NAB)") $(if $(CLOUD),-cloud "$(CLOUD)") -split $(or $(SPLIT),all)

torture: setup build ## the long form of the torture test
	HONEYMOAT_TORTURE=long go test -count=1 -timeout 60m -run Torture -v ./bench/endtoend
	HONEYMOAT_TORTURE=long go test -count=1 -timeout 30m -run RandomSchedules ./pkg/tailer

corpus: build ## read public logs whole: make corpus CORPUS=DIR (gzipped logs)
	@test -d "$(CORPUS)" || { echo "make corpus CORPUS=DIR: want a folder with logs, *.log.gz or *logs.gz"; exit 1; }
	@for f in "$(CORPUS)"/*log.gz "$(CORPUS)"/*logs.gz; do \
	  test ! -e "$$f" || { echo "== $$f"; $(BIN)/honeymoat replay "$$f"; }; done

alike: ## how well those who behave alike are found: make alike CORPUS=DIR (gzipped logs)
	@test -d "$(CORPUS)" || { echo "make alike CORPUS=DIR: want a folder with logs, *.log.gz or *logs.gz"; exit 1; }
	@for f in "$(CORPUS)"/*log.gz "$(CORPUS)"/*logs.gz; do test ! -e "$$f" || go run ./bench/alike "$$f"; done

sigmahq: build ## read public Sigma rules whole: make sigmahq RULES=DIR; what is refused, and why
	@test -d "$(RULES)" || { echo "make sigmahq RULES=DIR: want a folder with Sigma rules"; exit 1; }
	@$(BIN)/honeymoat rules lint "$(RULES)" | awk '/: warning: /{skip=1; next} /^[ \t]/&&skip{next} {skip=0; print}' || \
	  echo "The specification lets a tool refuse placeholders without values, and has no aggregation behind a |."

build: ## compile both programs into bin/
	go build -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/...

engine: ## set up the pinned ClickHouse engine
	@deploy/engine/fetch.sh $(ENGINE)

foreign: ## build what others made and the tests play with: CrowdSec's bouncers
	@cd bench/foreign && go build -o $(CURDIR)/$(FOREIGN)/ ./...

setup: engine foreign ## install what the tests need (Debian packages; needs root)
	@deploy/setup/packages.sh

lint: ## vet, staticcheck, gofmt
	@unformatted=$$(gofmt -l cmd pkg bench migrations dashboards *.go); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@go list ./... | while read -r pkg; do \
	  for f in $$(go test -list '^Fuzz' "$$pkg" | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime "$${FUZZTIME:-30s}" "$$pkg"; \
	  done; done

clean: ## remove what was built and set up
	rm -rf $(BIN) .cache data
