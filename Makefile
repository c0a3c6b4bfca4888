# The front door. Every target installs what it needs (tools/packages.txt) before it starts.
JOBS ?= 2
SIZE ?= normal
CACHE := $(or $(HOLDFAST_CACHE),$(HOME)/.cache/holdfast)
PYTHON := $(CACHE)/venv/bin/python3
BINARY := build/release/src/app/holdfast

.PHONY: all build setup test test-full demo bench lint format cluster-up cluster-down install clean

all: build

build: ## the release binary
	@tools/setup.sh build
	@cmake --preset release $(if $(wildcard build/release/build.ninja),> /dev/null)
	@cmake --build --preset release -j $(JOBS) --target holdfast
	@echo "Built $(BINARY)"

setup: ## everything that any target needs on this machine
	@tools/setup.sh

test: ## proves the product; ends with one line of counts
	@tools/setup.sh build cluster test
	@python3 tools/run_tests.py --jobs $(JOBS)

test-full: ## goes on: ThreadSanitizer, clang-tidy, long fuzzing, a million seeds, 50 rounds of killing
	@tools/setup.sh
	@python3 tools/run_tests.py --jobs $(JOBS) --full

demo: build ## a real cluster, backed up, damaged and restored
	@tools/setup.sh cluster
	@$(PYTHON) -m demo

bench: ## the numbers; fails when one falls short
	@tools/setup.sh build cluster bench
	@cmake --preset release > /dev/null
	@cmake --build --preset release -j $(JOBS)
	@$(PYTHON) -m bench --size $(SIZE)

lint: ## formatting, house rules and clang-tidy
	@tools/setup.sh build test lint
	@python3 tools/lint.py --jobs $(JOBS)

format: ## rewrites the sources in house style
	@tools/setup.sh test
	@git ls-files '*.cpp' '*.h' | xargs clang-format-19 -i

cluster-up: ## starts a test cluster and prints its kubeconfig's path
	@tools/setup.sh cluster 1>&2
	@$(PYTHON) -m tests.cluster up

cluster-down:
	@$(PYTHON) -m tests.cluster down

install: build
	install -D -m 0755 $(BINARY) $(DESTDIR)/usr/local/bin/holdfast

clean:
	rm -rf build
