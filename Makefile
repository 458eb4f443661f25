# Medley: `make run` starts a server, `make test` runs every test.
GO ?= go
BIN := bin/medley

# Packages in which goroutines meet.
CONCURRENT := ./keyspace/... ./commands/... ./server/...

.PHONY: all build run test race invariants vet fmt-check cross bench bench-peers profile churn bench-durability holds conformance-upstream differ geosearch fuzz crash replicas clients clients-large idle programs programs-short

all: build

build:
	CGO_ENABLED=0 $(GO) build -o $(BIN) ./server/cmd/medley

run: build
	./$(BIN) server

test: programs-short
	$(GO) test -timeout 9m ./...

# Workers of job queues, which are a module of their own; BullMQ's where it is installed.
programs-short:
	cd conformance/programs && $(GO) vet ./... && $(GO) test -timeout 5m ./...

# The race detector needs cgo.
race:
	CGO_ENABLED=1 $(GO) test -race -short -timeout 9m $(CONCURRENT)

# Assertions on: locks in order, freed records poisoned.
invariants:
	$(GO) test -tags invariants -short -timeout 9m ./datatypes/... $(CONCURRENT)

vet:
	$(GO) vet ./...

fmt-check:
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "not gofmt-ed:"; echo "$$bad"; exit 1; fi

cross:
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 $(GO) build -o /dev/null ./server/cmd/medley
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 $(GO) build -o /dev/null ./server/cmd/medley
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) build -o /dev/null ./server/cmd/medley

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./datatypes/... ./keyspace/... ./server/...

# The Redis and Valkey suites against this server. UPSTREAM_SUITES names a folder with redis/ and valkey/
# (filled through apt when they are not there); UPSTREAM_FLAGS goes to the runner, for example
# UPSTREAM_FLAGS='-suite redis -units type/string,expire -v'.
UPSTREAM_SUITES ?= .cache/upstream
UPSTREAM_FLAGS ?=
conformance-upstream: build
	./conformance/upstream/fetch.sh $(UPSTREAM_SUITES)
	$(GO) run ./conformance/upstream/cmd -server $(BIN) -suites $(UPSTREAM_SUITES) $(UPSTREAM_FLAGS)

# Random commands on each kind of values, so many of each, to this server and another one
# (MEDLEY_REFERENCE, or redis-server or valkey-server from PATH): all replies must be equal, and
# the key events that are published.
DIFFER_COMMANDS ?= 1000000
DIFFER_SEED ?= 1
differ:
	MEDLEY_DIFFER_COMMANDS=$(DIFFER_COMMANDS) MEDLEY_DIFFER_SEED=$(DIFFER_SEED) MEDLEY_REQUIRE_REFERENCE=1 \
		$(GO) test -count=1 -v -run '^Test(Medley|Events)Differs?$$' -timeout 2h ./conformance

# CPU and memory beside other servers; PEERS is a folder with valkey-server and redis-server (or
# with a bin folder of them). BENCH_FLAGS goes to the runner, for example BENCH_FLAGS='-only GET,SET -memory=false'.
PEERS ?=
BENCH_FLAGS ?=
bench-peers: build
	$(GO) run ./conformance/bench/cmd -medley $(BIN) -peers '$(PEERS)' $(BENCH_FLAGS)

# What the compiler is told of the loads of bench-peers, so that it makes their paths fast. It is
# worth doing again where those have changed much.
profile:
	dir=$$(mktemp -d) && $(GO) build -trimpath -o $$dir/medley ./server/cmd/medley && \
		MEDLEY_CPU_PROFILE=$(CURDIR)/server/cmd/medley/default.pgo $(GO) run ./conformance/bench/cmd -medley $$dir/medley -rounds 1 -memory=false && rm -r $$dir

# What overwriting and deleting leave behind in memory, beside the same servers.
churn: build
	$(GO) run ./conformance/bench/cmd -churn -medley $(BIN) -peers '$(PEERS)'

# How long locks are held while values of HOLDS elements are filled, and while they go.
HOLDS ?= 5000000
holds: build
	$(GO) run ./conformance/bench/cmd -holds $(HOLDS) -medley $(BIN) $(BENCH_FLAGS)

# What it costs to keep data on disk, beside the same servers: snapshots under writes, loading, and
# the append-only file. Files lie in TMPDIR; BENCH_FLAGS for example '-keys 1000000 -only save,slow,journal -rounds 3'.
bench-durability: build
	$(GO) build -o bin/bench ./conformance/bench/cmd
	./bin/bench -durability -rounds 3 -medley $(BIN) -peers '$(PEERS)' $(BENCH_FLAGS)

# So many searches for points on each reference server, and here.
GEO_QUERIES ?= 20000
geosearch:
	MEDLEY_GEO_QUERIES=$(GEO_QUERIES) MEDLEY_REQUIRE_REFERENCE=1 $(GO) test -count=1 -v -run '^TestGeoSearch$$' -timeout 30m ./conformance

# Hostile input for as long as FUZZTIME says, each target in turn.
FUZZTIME ?= 1m
fuzz:
	$(GO) test -run '^$$' -fuzz FuzzParser -fuzztime $(FUZZTIME) ./server/resp
	$(GO) test -run '^$$' -fuzz FuzzDispatch -fuzztime $(FUZZTIME) -fuzzminimizetime 50x ./conformance
	$(GO) test -run '^$$' -fuzz FuzzDump -fuzztime $(FUZZTIME) ./keyspace/rdb
	$(GO) test -run '^$$' -fuzz FuzzFile -fuzztime $(FUZZTIME) ./keyspace/rdb
	$(GO) test -run '^$$' -fuzz FuzzLZF -fuzztime $(FUZZTIME) ./keyspace/rdb
	$(GO) test -run '^$$' -fuzz FuzzReader -fuzztime $(FUZZTIME) ./keyspace/aof

# A server that is killed at any moment, again and again: what was acknowledged must be there. And
# a journal that is cut at every byte of its end.
CRASH_ROUNDS ?= 200
crash:
	MEDLEY_CRASH_ROUNDS=$(CRASH_ROUNDS) $(GO) test -count=1 -v -run '^TestCrash$$' -timeout 1h ./conformance
	MEDLEY_CRASH_ROUNDS=1 $(GO) test -count=1 -v -run '^TestTruncatedJournal$$' -timeout 10m ./commands/persistence

# Other servers as replicas of this one, each for so many seconds of writes and lost connections
# (MEDLEY_REFERENCE, or redis-server and valkey-server from PATH).
REPLICA_SECONDS ?= 200
replicas:
	MEDLEY_REPLICA_SECONDS=$(REPLICA_SECONDS) MEDLEY_REQUIRE_REFERENCE=1 $(GO) test -count=1 -v -run '^TestReplicas$$' -timeout 1h ./conformance

# Node's client libraries against this server, beside go-redis.
clients:
	cd conformance/clients/node && npm ci --no-audit --no-fund
	MEDLEY_REQUIRE_NODE=1 $(GO) test -count=1 -run '^TestNode$$' -timeout 2m ./conformance/clients

# Ten thousand jobs for a worker of asynq, and for one of BullMQ, which takes Node.
JOBS ?= 10000
programs:
	cd conformance/programs/bullmq && npm ci --no-audit --no-fund
	cd conformance/programs && MEDLEY_REQUIRE_NODE=1 MEDLEY_JOBS=$(JOBS) $(GO) test -count=1 -v -timeout 20m ./...

# Ten thousand connections that say nothing, or half a command, or wait for a list.
idle:
	MEDLEY_IDLE=1 $(GO) test -count=1 -v -run '^Test(IdleConnections|BlockedClients)$$' -timeout 5m ./conformance/clients

# The longest value and key that the protocol allows; takes gigabytes of memory, and Node.
clients-large:
	MEDLEY_LARGE=1 $(GO) test -count=1 -v -run '^TestLargestValue$$' -timeout 15m ./conformance/clients
