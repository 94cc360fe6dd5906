# The commands of this repository. `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check lock proofs torture bench pictures clean install install-dev browser

# The first of these that is Python 3.11 or newer; a name that is only a wrapper around nothing is passed over.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$name; break; }; done)
VENV_PYTHON := .venv/bin/python

# makemigrations looks for a database, finds none, and says so at length; that is shown only where it fails.
# Nothing of the caller's environment reaches the checks; `deploy/check.env` is all they see.
PRODUCTION = env -i PATH="$$PATH" HOME="$$HOME" ENV_FILE=/dev/null DJANGO_SETTINGS_MODULE=portal.settings \
	$$(grep -v '^\#' deploy/check.env)

PORT ?= 8000
export PORT

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## start the whole portal here, demo included (PORT=9000 moves it); Ctrl-C ends it
	@exec $(VENV_PYTHON) -m portal.local.run

test: install-dev ## run every test, browser journeys included (ARGS="-k trial" selects)
	@why=$$($(VENV_PYTHON) -m tests.infra.ensure_browser) && NO_BROWSER_BECAUSE="$$why" \
		$(VENV_PYTHON) -m pytest -n 2 $(ARGS)

check: install-dev ## formatting, lint, types, templates, migrations, production settings
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	@echo "mypy licensing billing"
	@$(PRODUCTION) $(VENV_PYTHON) -m mypy licensing billing
	$(VENV_PYTHON) -m djlint templates --extend-exclude templates/compiled --lint --quiet
	$(VENV_PYTHON) -m djlint templates/compiled --profile jinja --lint --quiet
	@echo "manage.py makemigrations --check"; \
	said=$$($(PRODUCTION) $(VENV_PYTHON) manage.py makemigrations --check --dry-run 2>&1) || { echo "$$said"; exit 1; }
	@echo "manage.py check --deploy"
	@$(PRODUCTION) $(VENV_PYTHON) manage.py check --deploy --fail-level WARNING

proofs: install-dev ## of the tests the proofs alone: chance, races, crashes, faults and calendars (minutes)
	@why=$$($(VENV_PYTHON) -m tests.infra.ensure_browser) && NO_BROWSER_BECAUSE="$$why" \
		$(VENV_PYTHON) -m pytest -n 2 -m proof $(ARGS)

torture: install-dev ## the proofs in their long form (hours)
	@PROOFS=long $(VENV_PYTHON) -m pytest -m proof $(ARGS)

bench: install-dev ## measure what is meant to be fast
	@$(VENV_PYTHON) -m pytest -m benchmark $(ARGS)

pictures: install-dev ## take the README's pictures anew, of a portal that runs with fresh demo data (PORT=9000 names it)
	@$(VENV_PYTHON) -m tests.pictures

UV = $(shell command -v uv || echo .venv/bin/uv)
COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links pyproject.toml

lock: install ## compile the hashed lock files anew from pyproject.toml
	@command -v uv >/dev/null || $(VENV_PYTHON) -m pip install -q uv
	$(COMPILE) --extra local -o requirements.lock
	$(COMPILE) --extra local --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) -c requirements.lock -o deploy/requirements.lock

clean: ## remove .venv, the local data and what tools left behind
	rm -rf .venv .data .mypy_cache .pytest_cache .ruff_cache .hypothesis staticfiles test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install install-dev:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed and was not found; install it, or name it: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi
	@$(PYTHON) portal/local/install.py requirements$(patsubst install%,%,$@).lock
