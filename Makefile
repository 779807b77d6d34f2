# `make` lists the targets. Set CARGO_TARGET_DIR to build elsewhere, CARGO to use another cargo.

CARGO ?= cargo
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

# Seeds of `make soak`; the plain test run takes far fewer.
OMS_SIM_SEEDS ?= 1000000
# Kills of `make soak-queue`; the plain test run has six.
OMS_QUEUE_KILLS ?= 50

# Set: a test that cannot run on the server that there is fails, instead of saying so. A server of
# somebody's choice need not have everything.
OMS_TEST_NO_SKIP ?= $(if $(OMS_TEST_DATABASE_URL),,1)

.DEFAULT_GOAL := help
.PHONY: help test test-brokers lint fmt doc check bench soak soak-queue callgrind

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))

test: ## Run every test and every example in the documentation
	.ci/postgres-install
	OMS_TEST_NO_SKIP=$(OMS_TEST_NO_SKIP) \
	$(CARGO) test --workspace --all-features --locked --no-fail-fast

test-brokers: ## Test against real RabbitMQ and NATS, installed and started where missing
	CARGO="$(CARGO)" .ci/test-brokers

lint: ## Check format and lints, change nothing
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings

fmt: ## Format all sources
	$(CARGO) fmt --all

doc: ## Build the reference into the target folder
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --locked

check: ## Run the whole gate, as it runs before a change lands
	.ci/run

bench: ## Run the benchmarks (optimised build, minutes)
	$(CARGO) bench -p benches --locked

# Optimised, but overflow and debug assertions still stop the run.
soak: ## Run the simulation over OMS_SIM_SEEDS seeds (hours)
	OMS_SIM_SEEDS=$(OMS_SIM_SEEDS) \
	CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true \
	CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true \
	$(CARGO) test --release -p oms-store-memory --locked --test simulation -- --nocapture

soak-queue: ## Kill workers and server OMS_QUEUE_KILLS times under load (minutes)
	.ci/postgres-install
	OMS_QUEUE_KILLS=$(OMS_QUEUE_KILLS) \
	$(CARGO) test -p oms-store-postgres --all-features --locked --test faults -- kills:: --nocapture

# Instructions executed, not seconds: two runs of one binary agree to a fraction of a percent
# however busy the machine is, so a change of one percent is a change of the code.
# `make callgrind PATHS="plan/place json/head_write"` counts only these; `instructions` without
# arguments lists them all and says how to see which functions spent the instructions.
callgrind: ## Count the instructions of the core's paths (needs valgrind)
	@command -v valgrind >/dev/null || { echo "callgrind: valgrind is not installed" >&2; exit 1; }
	$(CARGO) build --release -p benches --bin instructions --locked
	$(TARGET_DIR)/release/instructions --count $(PATHS)
