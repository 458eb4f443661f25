# Medley: `make run` starts a server, `make test` runs every test.
GO ?= go
BIN := bin/medley

.PHONY: all build run test race vet fmt-check cross conformance-upstream

all: build

build:
	CGO_ENABLED=0 $(GO) build -o $(BIN) ./server/cmd/medley

run: build
	./$(BIN) server

test:
	$(GO) test -timeout 9m ./...

vet:
	$(GO) vet ./...

fmt-check:
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "not gofmt-ed:"; echo "$$bad"; exit 1; fi

# The Redis and Valkey suites against this server. UPSTREAM_SUITES names a folder with redis/ and valkey/
# (filled through apt when they are not there); UPSTREAM_FLAGS goes to the runner, for example
# UPSTREAM_FLAGS='-suite redis -units type/string,expire -v'.
UPSTREAM_SUITES ?= .cache/upstream
UPSTREAM_FLAGS ?=
conformance-upstream: build
	./conformance/upstream/fetch.sh $(UPSTREAM_SUITES)
	$(GO) run ./conformance/upstream/cmd -server $(BIN) -suites $(UPSTREAM_SUITES) $(UPSTREAM_FLAGS)
