# Every target does its own set-up: virtual environment, locked packages, Debian packages when root.
# `make help` lists them.

PYTHON  ?= python3
VENV    ?= .venv
WORKERS ?= 2
KILLS   ?= 500
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet
PYTEST  := $(BIN)/python -m pytest -p tests.house.no_skips
CODE    := src tests scripts

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
	  || grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

# ---- what a user does -------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.runtime ## Run the whole story on simulators, then leave the gateway running
	$(BIN)/ecluse demo

# ---- what a change must pass ------------------------------------------------------------------------

.PHONY: check
check: $(VENV)/.dev ## Format, lint, types, imports, licences, locks, house rules
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/house_rules.py
	$(BIN)/python scripts/locks.py check
	$(BIN)/python scripts/licences.py check

.PHONY: test
test: $(VENV)/.dev $(VENV)/.node postgresql chromium openssl softhsm2 ## All tests (5 minutes at most on two cores), coverage of the rules, the demonstration once
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "not slow" --cov --cov-report= tests/protocols tests/rules
	$(BIN)/python scripts/branch_coverage.py 95
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "not slow" tests --ignore=tests/protocols --ignore=tests/rules --ignore=tests/bench
	scripts/demo_once.sh $(BIN)/ecluse

.PHONY: test-all
test-all: $(VENV)/.dev postgresql system-tools test ## Everything: `make test`, then the long tests
	$(PYTEST) -m slow tests --ignore=tests/bench

.PHONY: crash
crash: $(VENV)/.dev ## Kill the serving processes 500 times (KILLS=…) under load; nothing acknowledged may be lost
	$(BIN)/python -m tests.e2e.crash $(KILLS)

.PHONY: bench
bench: $(VENV)/.dev openssl ## Print the benchmark tables; fail when a target is missed (ECLUSE_BENCH_PATIENTS=… shortens)
	@failed=0; for table in bench_validate bench_mllp bench_outward bench_sign; do \
	  $(BIN)/python -m tests.bench.$$table || failed=1; done; exit $$failed

.PHONY: screenshots
screenshots: $(VENV)/.dev ## Take a picture of each page of the console into docs/captures/ (ONLY=accueil: some of them)
	scripts/debian_packages.sh chromium
	$(BIN)/python -m scripts.screenshots $(ONLY)

.PHONY: format
format: $(VENV)/.dev ## Put the code in the house's form
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

# ---- what is published ------------------------------------------------------------------------------

.PHONY: docs
docs: $(VENV)/.docs ## Build the documentation in site/, rule reference included
	$(BIN)/python -m scripts.rule_reference docs/regles
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

.PHONY: wheel
wheel: $(VENV)/.dev ## Build the wheel in dist/, the same bytes from the same sources
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel -d dist

.PHONY: sbom
sbom: $(VENV)/.supply wheel ## Write dist/ecluse.cdx.json, the CycloneDX bill of materials of what is shipped
	scripts/sbom.sh $(PYTHON) $(BIN)/cyclonedx-py dist

.PHONY: notices
notices: $(VENV)/.dev ## Write THIRD_PARTY_NOTICES.txt from the locked packages
	$(BIN)/python scripts/licences.py write

.PHONY: lock
lock: $(VENV)/.supply ## Write the locks again, with the oldest Python supported (UPGRADE=1: newer versions)
	$(BIN)/python scripts/locks.py compile $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## Remove everything that make has made
	rm -rf $(VENV) tests/node/node_modules build dist site docs/regles .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- set-up: one stamp per lock, redone when the lock changes ---------------------------------------

LOCKED = $(PIP) --require-hashes $(addprefix -r requirements/,$(addsuffix .txt,$(1)))

$(VENV)/.created:
	scripts/create_venv.sh $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(VENV)/.created
	$(call LOCKED,runtime build)
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/postgresql.txt requirements/pkcs11.txt $(VENV)/.runtime
	$(call LOCKED,dev postgresql pkcs11)
	@touch $@

# Tools of the tests written in JavaScript by others; the lock names no host, and no script of a package is run.
$(VENV)/.node: tests/node/package-lock.json | $(VENV)/.created
	scripts/debian_packages.sh nodejs npm
	npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.runtime
	$(call LOCKED,docs)
	@touch $@

$(VENV)/.supply: requirements/supply.txt $(VENV)/.dev
	$(call LOCKED,supply)
	@touch $@

.PHONY: postgresql chromium openssl softhsm2 system-tools
softhsm2:
	@scripts/debian_packages.sh softhsm2
openssl:
	@scripts/debian_packages.sh openssl
chromium:
	@scripts/debian_packages.sh chromium
postgresql:
	@scripts/debian_packages.sh postgresql
system-tools:
	@scripts/debian_packages.sh strace openssl testssl.sh nginx-light
