# Medley: `make run` starts a server, `make test` runs every test.
GO ?= go
BIN := bin/medley

.PHONY: all build run test race vet fmt-check cross

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
