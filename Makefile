# Every target that has a description after `##` is listed by `make help`, the default.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
DATA ?= .hub
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN_STAMP := $(VENV)/.installed-to-run
DEV_STAMP := $(VENV)/.installed-to-develop

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check bench fmt pin clean

help: ## Show this list
	@echo "The hub. Usage: make TARGET [NAME=value ...]"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-8s %s\n", $$1, $$2 }'
	@echo
	@echo "  PYTHON   the Python (3.11 or later) to make the environment with: $(PYTHON)"
	@echo "  VENV     where the environment is kept: $(VENV)"
	@echo "  PORT     where the demo listens: $(PORT)"
	@echo "  DATA     the folder of the demo's database: $(DATA)"
	@echo "  ARGS     further arguments of demo, test or bench, such as ARGS='-k proposals'"

demo: $(RUN_STAMP) ## Install the hub, then run it with demonstration data until Ctrl-C
	@$(BIN)/hub demo --port $(PORT) --data-dir $(DATA) $(ARGS)

test: $(DEV_STAMP) ## Install the hub, then run the whole test suite
	@$(BIN)/python -m pytest $(ARGS)

check: $(DEV_STAMP) ## Check style, types, the exported GraphQL schema and the migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hub sdl --check
	$(BIN)/hub migrate --check

bench: $(DEV_STAMP) ## Measure the speed of the hub
	@$(BIN)/python -m pytest -m benchmark -s $(ARGS)

fmt: $(DEV_STAMP) ## Rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The heading stays, and so do the lines with a marker: this platform cannot find those out.
pin: ## Rewrite constraints.txt with the newest versions that install together
	@rm -rf build/pin && $(PYTHON) -m venv build/pin
	@build/pin/bin/python -m pip install --quiet '.[test,check]'
	@build/pin/bin/python -m pip freeze --exclude rso-hub > build/pin/frozen
	@grep '^#' constraints.txt > build/pin/heading
	@grep '; ' constraints.txt | grep -v '^#' > build/pin/elsewhere || true
	@{ cat build/pin/heading; LC_ALL=C sort -f build/pin/frozen build/pin/elsewhere; } > build/pin/constraints.txt
	@mv build/pin/constraints.txt constraints.txt && rm -rf build/pin

clean: ## Remove the environment, caches and build results; never data
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps hold `make` back from installing again until a version or a dependency changes.
$(RUN_STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The hub needs Python 3.11 or later, and '$(PYTHON)' is not." >&2; \
	  echo "Install it, or name one that you have: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; exit 2; }
	@echo "Installing the hub into $(VENV) ..."
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(DEV_STAMP): $(RUN_STAMP)
	@echo "Installing what tests and checks need into $(VENV) ..."
	@$(PIP) install --constraint constraints.txt --editable '.[test,check]'
	@touch $@
