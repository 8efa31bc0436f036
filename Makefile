# Thin: every target calls a script of scripts/ or cargo.
.DEFAULT_GOAL := help
.PHONY: help run demo test lint release proof conformance generate bench-api bench-poll bench-start bench-cache bench-ingest bench-search bench-samples bench-lists clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

run: ## install what is missing, build, serve on https://localhost:8000/
	@scripts/run.sh

demo: ## the same with a simulated campus beside it, discovered
	@scripts/demo.sh

test: ## every test: Rust, web, browser, real services
	@scripts/test.sh

lint: ## format, clippy, house rules, web lint
	@scripts/lint.sh

release: ## the optimised binary, target/release/vigie
	@scripts/release.sh

proof: ## full sizes, hours; writes docs/proof.md
	@scripts/proof.sh

conformance: ## the suites of the ports, on every back end
	@scripts/cargo.sh test --workspace conformance

generate: ## rewrite the generated files (OpenAPI, client, configuration schema)
	@scripts/generate.sh

bench-api: ## the API beside a bare handler
	@scripts/bench.sh api

bench-poll: ## polling beside snmp_exporter and snmpbulkwalk
	@scripts/bench.sh poll

bench-start: ## start, memory and size with 10,000 devices
	@scripts/bench.sh start

bench-cache: ## hits of each level, a stampede, warming
	@scripts/bench.sh cache

bench-ingest: ## events into the embedded store
	@scripts/bench.sh ingest

bench-search: ## searches in the embedded store
	@scripts/bench.sh search

bench-samples: ## samples and their rollups on both engines
	@scripts/bench.sh samples

bench-lists: ## the last page of a million interfaces on both engines
	@scripts/bench.sh lists

clean: ## remove what was built; the state directory stays
	@scripts/clean.sh
