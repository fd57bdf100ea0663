# Marsad's one list of commands. `make demo` and `make test` do all set-up themselves; the second time it is stamped
# and takes no time. Needed: Python >= 3.11, Node >= 20.19 with npm, make, git.

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
# a file stays with one worker, so that what its tests share is made once; conftest.py puts the longest files first
PYTEST ?= -n auto --dist loadfile --no-loadscope-reorder
NODE_AT_LEAST := 20.19

# what checks and tests load is compiled once and kept, not anew by every process that they start
unexport PYTHONDONTWRITEBYTECODE

BIN   := $(VENV)/bin
DONE  := $(VENV)/.done
UV    := $(BIN)/uv pip
LAYS  := pyproject.toml hatch_build.py
SOURCES := $(shell find src/marsad -name '*.py' 2>/dev/null)
# a changed web/ is seen by hatch_build.py itself, by content

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: nights monotone help demo test lint rules layout types layers pytest tests web-test console programs warmup setup setup-dev lock bench format clean machine

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# --- the two commands ----------------------------------------------------------------------------

demo: setup  ## set up, then a night at a gas plant in the browser; ARGS="--no-browser --once" passes options on
	@$(BIN)/marsad demo $(ARGS)

# the kernels are compiled on one core while the other builds the console and checks: a test that loaded them meanwhile
# would compile them too; with --keep-going the tests run even if a check fails
KEEP_GOING = $(findstring k,$(firstword -$(MAKEFLAGS)))
test: $(DONE)/dev  ## set up, then all checks and tests; ARGS="-k zone" passes options on
	@$(MAKE) --no-print-directory $(DONE)/warm & kernels=$$!; failed=0; \
	$(MAKE) --no-print-directory console programs lint web-test || failed=1; \
	wait $$kernels || failed=1; \
	[ $$failed = 0 ] || [ -n "$(KEEP_GOING)" ] || exit 1; \
	$(MAKE) --no-print-directory tests && exit $$failed

# --- the parts -----------------------------------------------------------------------------------

lint: rules layout types layers  ## ruff, mypy, import-linter

rules: $(DONE)/dev
	$(BIN)/ruff check .

layout: $(DONE)/dev
	$(BIN)/ruff format --check .

types: $(DONE)/dev
	$(BIN)/mypy

layers: $(DONE)/dev
	$(BIN)/lint-imports --no-logo

# what failed is run once more, alone: a busy machine makes browsers and real clocks late
AGAIN = $(BIN)/python -m pytest --last-failed --last-failed-no-failures none -n 0 $(ARGS)
pytest: setup-dev tests
tests:
	$(BIN)/python -m pytest $(PYTEST) $(ARGS) || $(AGAIN)

web-test: $(DONE)/dev console
	@if [ -f web/package.json ]; then cd web && npm run --if-present lint && npm run --if-present test; fi

format: $(DONE)/dev  ## let ruff mend and lay out the Python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev  ## every benchmark, results into benchmarks/results/
	@set -e; for script in benchmarks/bench_*.py; do \
	  [ -f "$$script" ] || { echo "there is no benchmark yet"; break; }; \
	  echo "== $$script"; $(BIN)/python "$$script" $(ARGS); done

# nights that nobody has seen: figures are quoted from seeds that were drawn after the decision, and used once
SEED    ?= 1
NIGHTS  ?= 12
KIND    ?=
OUTSIDE ?= $(if $(MARSAD_SHARED),1,)
COMPOSED = .nights/$(SEED)-$(NIGHTS)$(if $(KIND),-$(KIND))
MAKER    = $(MARSAD_SHARED)/cases/make
nights: setup  ## compose nights, process and score them: SEED=1 NIGHTS=12 KIND=salvo; OUTSIDE=1 beside another composer's
	@rm -rf $(COMPOSED)
	@$(BIN)/marsad simulate --random --seed $(SEED) --nights $(NIGHTS) $(if $(KIND),--kind $(KIND)) $(COMPOSED)/own >/dev/null
	@$(BIN)/marsad score --own $(COMPOSED)/own --results $(COMPOSED)/own/res
	@if [ "$(OUTSIDE)" = 1 ]; then \
	  [ -f "$(MAKER)/make_nights.py" ] || { echo "OUTSIDE=1 needs MARSAD_SHARED to name the folder with cases/make/make_nights.py"; exit 1; }; \
	  echo "the outside composer's nights of the same seed"; \
	  $(BIN)/python $(MAKER)/make_nights.py $(COMPOSED)/outside --seed $(SEED) --nights $(NIGHTS) $(if $(KIND),--kind $(KIND)) >/dev/null \
	  && $(BIN)/marsad score --own $(COMPOSED)/outside --results $(COMPOSED)/outside/res \
	  && echo "both as the outside scorer has them" && $(BIN)/python $(MAKER)/score_nights.py $(COMPOSED)/own $(COMPOSED)/outside; fi

monotone: setup-dev  ## nothing clever silences an alarm: the nights of tests/monotone, NIGHTS=300 of them
	NIGHTS=$(if $(filter file,$(origin NIGHTS)),300,$(NIGHTS)) $(BIN)/python -m pytest -n 0 tests/monotone $(ARGS)

lock: $(DONE)/uv  ## solve the requirements again, keeping what can be kept; ARGS=--upgrade renews all
	$(UV) compile $(LOCKING) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(UV) compile $(LOCKING) pyproject.toml --group dev --all-extras -c requirements/bootstrap.txt -o requirements/dev.txt
	$(UV) compile $(LOCKING) pyproject.toml -c requirements/dev.txt -o requirements/run.txt

LOCKING := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
  --custom-compile-command "make lock" $(ARGS)

clean:  ## remove the environment, the console and all caches
	rm -rf $(VENV) .ci/env build dist src/marsad/console/dist web/node_modules web/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks examples -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# --- set-up --------------------------------------------------------------------------------------

setup: $(DONE)/run console $(DONE)/warm
setup-dev: $(DONE)/dev console $(DONE)/warm

machine:
	@command -v $(PYTHON) >/dev/null || { echo "Marsad needs Python 3.11 or later, and '$(PYTHON)' was not found. Install it, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Marsad needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name a newer one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@for tool in git node npm; do command -v $$tool >/dev/null || { echo "Marsad needs $$tool, and it was not found (Node $(NODE_AT_LEAST) or later brings npm)."; exit 1; }; done
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number), [c, d] = "$(NODE_AT_LEAST)".split(".").map(Number); process.exit(a > c || (a === c && b >= d) ? 0 : 1)' || { echo "Marsad needs Node $(NODE_AT_LEAST) or later; this is $$(node --version)."; exit 1; }

$(BIN)/python: | machine
	@echo "set-up: making the environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(DONE)/uv: requirements/bootstrap.txt | $(BIN)/python
	@mkdir -p $(DONE)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

# uv lays the packages in seconds; where it cannot (a mirror that only pip is told of), pip does the same, slower
define lay
	@echo "set-up: laying the packages of $(1)"
	@$(UV) install --python $(BIN)/python --quiet --require-hashes -r $(1) || $(BIN)/python -m pip install --quiet --require-hashes -r $(1)
	@$(UV) install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e . || $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
endef

$(DONE)/run: requirements/run.txt $(LAYS) $(DONE)/uv
	$(call lay,requirements/run.txt)
	@touch $@

$(DONE)/dev: requirements/dev.txt $(LAYS) $(DONE)/uv
	$(call lay,requirements/dev.txt)
	@touch $(DONE)/run $@

console: $(DONE)/uv | machine  ## build the page from web/ if it changed
	@$(BIN)/python hatch_build.py

$(DONE)/warm: $(SOURCES) $(DONE)/run
	@if [ -f src/marsad/cli.py ] && $(BIN)/marsad warmup --help >/dev/null 2>&1; then \
	  $(BIN)/marsad warmup; fi
	@touch $@

warmup: $(DONE)/run  ## compile and keep the numerical kernels
	@$(BIN)/marsad warmup && touch $(DONE)/warm

# what the tests of the console and of the spoken announcements use: programs, by any of their names, and Debian's packages
BROWSERS = chromium chromium-browser google-chrome
programs:
	@set -- ; \
	for name in $(BROWSERS); do command -v $$name; done | grep -q . || set -- "$$@" chromium; \
	fc-list 2>/dev/null | grep -qi noto || [ -d /usr/share/fonts/truetype/noto ] || set -- "$$@" fonts-noto-core; \
	command -v espeak-ng >/dev/null || set -- "$$@" espeak-ng; \
	if [ $$# = 0 ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "set-up: installing $$* for the tests"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$$@"; } >/dev/null </dev/null \
	  || echo "$$* could not be installed: the tests that need them will be skipped."; \
	else echo "Not on this machine: $$*. The tests that need them will be skipped. To run them: sudo apt-get install $$*"; fi
