# Each target sets up what it needs. Python (3.11 or newer) and make are enough; uv is used where it is found.
#
#   make test ARGS="-k lock -x"                       some tests, as pytest's arguments say, without coverage
#   make test OPENAI=1.109.1                          the suite on another SDK, in an environment of its own
#   make test PYTHON=python3.13 VENV=.venv-3.13       the suite on another Python
#   make schema CASES=500                             fewer cases
#   make mutation ARGS="--only gate/twins"            some modules only
#   make sdks SDKS="1.14.3 lowest"                    the smoke suite under some SDKs only
#   make test UV=                                     never mind uv: venv and pip

PYTHON ?= python3
UV ?= $(shell command -v uv 2>/dev/null)
ARGS ?=
OPENAI ?=
VENV ?= .venv$(if $(OPENAI),-openai-$(OPENAI))
DIST ?= pinned newest
JOBS ?= auto
SDKS ?=
CARDS ?=
CASES ?= 20000
PLAYWRIGHT ?= 1.65.2

RUN := $(VENV)/bin/python
READY := $(VENV)/ready
FUZZ := .venv-fuzz
MUTATION := .venv-mutation
PINS := $(if $(OPENAI),$(VENV)/constraints.txt,constraints.txt)
# What the result of the suite depends on.
SOURCES := $(wildcard *.py *.md) $(shell find simulator assistants_simulator tests scenarios cassettes bench docs \
	-type f -not -name '*.pyc' 2>/dev/null)

# The suite runs once, under coverage. A run that fails leaves no data, so that `make check` cannot pass on it.
# In as many processes as there are cores; pytest-cov puts their data together.
define run_suite
rm -f .coverage
$(RUN) -m pytest -n $(JOBS) --cov --cov-report= || { rm -f .coverage; exit 1; }
endef

.DELETE_ON_ERROR:
.PHONY: help demo test check lint types coverage layout format docs orders scenarios verify fuzz programs schema \
	mutation properties conversations browser bench stress sdks sdk-faults cards pythons dist-check constraints clean

help: ## what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: $(READY) ## every shipped scenario, played; the conversation of the README is the command `demo`
	$(VENV)/bin/assistants-simulator run scenarios $(ARGS)

test: $(READY) ## the suite, the layout test among it
ifeq ($(strip $(ARGS)$(OPENAI)),)
	$(run_suite)
else
	$(RUN) -m pytest $(ARGS)
endif

check: lint types coverage ## lint, formatting, types, and the coverage of the last run of the suite

lint: $(READY) ## ruff, rules and format
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types: $(READY) ## mypy, strict
	$(RUN) -m mypy

coverage: .coverage ## every branch of the core is tested
	$(RUN) -m coverage report --include='simulator/backend/*,simulator/api/*,simulator/brains/*' --fail-under=100

# Runs the suite again only if something has changed since it last passed.
.coverage: $(READY) $(SOURCES)
	$(run_suite)

layout: $(READY) ## who imports whom, and what is public (part of the suite)
	$(RUN) -m pytest tests/test_layout.py tests/test_exports.py

format: $(READY) ## formats, and repairs what ruff can repair
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

docs: $(READY) ## writes the generated parts of README and docs anew
	$(RUN) docs/generate.py

verify: $(READY) ## how the simulator answers what was recorded, over ../shared/corpus
	@if [ -d ../shared/corpus ]; then $(VENV)/bin/assistants-simulator verify ../shared/corpus || [ $$? -eq 1 ]; \
	else echo "There is no folder ../shared/corpus: without recordings there is nothing to verify."; fi

orders: $(READY) ## 5,000 legal orders of recorded sessions and 500 pairs of them, replayed
	SIMULATOR_ORDERS=5000 SIMULATOR_PAIRS=500 $(RUN) -m pytest tests/recording/test_orders.py $(ARGS)

scenarios: $(READY) ## 1,000 generated scenarios through pytest -n 2, and the memory that they leave behind
	SIMULATOR_SCENARIOS=1000 $(RUN) -m pytest -q -s tests/scenario/test_many.py $(ARGS)

fuzz: programs schema ## random programs, and the official specification, against the simulator

programs: $(READY) ## random programs: beside a model of the service, twice, and sixteen at a time
	SIMULATOR_PROGRAMS=500 SIMULATOR_REPLAYS=3000 SIMULATOR_OPERATIONS=2000 $(RUN) -m pytest -q \
		tests/reference tests/test_determinism.py tests/test_many_threads.py $(ARGS)

properties: $(READY) ## every planted bug is found by check_run_loop, and nothing in sound loops over 20,000 conversations
	SIMULATOR_PROPERTIES=$(CASES) $(RUN) -m pytest -q -p no:cacheprovider tests/checks/test_planted.py $(ARGS)

conversations: $(READY) ## 1,000 conversations of the client in one event loop, its memory and its lag, with the figures
	SIMULATOR_CONVERSATIONS=1000 $(RUN) -m pytest -q -s -n 0 tests/client/test_crowds.py $(ARGS)

# In an environment of its own: what it is pinned to is not what the suite is pinned to.
schema: $(FUZZ)/ready ## schemathesis over the official specification, 20,000 cases or so many as CASES says
	$(FUZZ)/bin/python -m tests.fuzz --cases $(CASES) $(ARGS)

# In an environment of its own, so that the suite's does not grow: mutmut brings what draws its windows.
mutation: $(MUTATION)/ready ## small mistakes in life cycle, engine and gate, each to be noticed; takes long
	$(MUTATION)/bin/python -m pytest -q -n 0 -p no:cacheprovider tests/mutation
	$(MUTATION)/bin/python -m tests.mutation $(ARGS)

# playwright brings 160 MB, of which the suite needs none: where it is missing, these tests skip.
browser: $(READY) ## the timeline's page in a real browser; needs chromium
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit; done; \
	echo 'There is no chromium: apt-get install chromium' >&2; exit 1
	$(if $(UV),$(UV) pip install -q --python $(RUN),$(RUN) -m pip install -q) playwright==$(PLAYWRIGHT)
	$(RUN) -m pytest -n 0 tests/report/test_page_in_browser.py $(ARGS)

bench: $(READY) ## every ratio, measured
	$(RUN) -m bench $(ARGS)

stress: $(READY) ## virtual time, 2,000 times idle and 2,000 times with every core busy
	$(RUN) -m bench.stress $(ARGS)

# The table in the README is made of the whole run only.
sdks: $(READY) ## the smoke suite under seven SDKs, each in an environment of its own
	$(RUN) -m tests.sdks --python '$(PYTHON)' --uv '$(UV)' $(SDKS)
	$(if $(strip $(SDKS)),,$(RUN) docs/generate.py)

sdk-faults: $(READY) ## what the last 1.x, 2.x and 3.x of the SDK make of faults; writes the tables of docs/faults.md
	$(RUN) -m tests.sdks.faults --python '$(PYTHON)' --uv '$(UV)'
	$(RUN) docs/generate.py

# Each library has an environment of its own, from PyPI: not part of CI.
cards: $(READY) ## the known hazards, played against published libraries; writes docs/cards.md (CARDS="langchain": some)
	$(RUN) -m tests.cards --python '$(PYTHON)' --uv '$(UV)' $(CARDS)
	$(RUN) docs/generate.py

pythons: $(READY) ## the suite on every CPython from 3.11 on that is found, or that uv brings
	$(RUN) -m tests.sdks.pythons --uv '$(UV)' --args '$(ARGS)'

dist-check: $(READY) ## the built wheel in an empty environment, with pinned and with newest versions
	UV='$(UV)' .ci/dist-check $(RUN) $(DIST)

constraints: ## resolves constraints.txt anew (on the oldest Python we support)
	rm -rf build/resolve
	$(PYTHON) -m venv build/resolve
	build/resolve/bin/python -m pip install --quiet --upgrade pip
	build/resolve/bin/python -m pip install --quiet --group dev '.[server,search,tokens,client]'
	{ sed -n '/^#/p' constraints.txt; build/resolve/bin/python -m pip list --format=freeze \
		--exclude assistants-simulator --exclude setuptools; } > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/resolve

clean: ## removes everything that is made, the environments too
	rm -rf .venv .venv-* build dist .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last: an environment that was not finished is tried again.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo 'There is no $(PYTHON). Name a Python: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "assistants-simulator \
	needs Python 3.11 or newer, but $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12" % v[:2])'
ifneq ($(UV),)
	test -x $(RUN) || { rm -rf $(VENV); $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV); }
else
	$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
endif
ifneq ($(OPENAI),)
	$(PYTHON) tests/sdks/pins.py '$(OPENAI)' > $(PINS)
endif
ifneq ($(UV),)
	$(UV) pip install --quiet --python $(RUN) --constraint $(PINS) --group dev --editable .
else
	$(RUN) -m pip install --quiet --constraint $(PINS) --upgrade pip
	$(RUN) -m pip install --quiet --constraint $(PINS) --group dev --editable .
endif
	touch $@

$(FUZZ)/ready: $(READY) pyproject.toml tests/fuzz/constraints.txt
ifneq ($(UV),)
	test -x $(FUZZ)/bin/python || $(UV) venv --quiet --python $(RUN) $(FUZZ)
	$(UV) pip install --quiet --python $(FUZZ)/bin/python --constraint tests/fuzz/constraints.txt schemathesis --editable .
else
	$(RUN) -m venv --clear $(FUZZ)
	$(FUZZ)/bin/python -m pip install --quiet --constraint tests/fuzz/constraints.txt schemathesis --editable .
endif
	touch $@

$(MUTATION)/ready: $(READY) pyproject.toml constraints.txt tests/mutation/constraints.txt
ifneq ($(UV),)
	test -x $(MUTATION)/bin/python || $(UV) venv --quiet --python $(RUN) $(MUTATION)
	$(UV) pip install --quiet --python $(MUTATION)/bin/python --constraint constraints.txt \
		--constraint tests/mutation/constraints.txt --group dev mutmut --editable .
else
	$(RUN) -m venv --clear $(MUTATION)
	$(MUTATION)/bin/python -m pip install --quiet --constraint constraints.txt \
		--constraint tests/mutation/constraints.txt --group dev mutmut --editable .
endif
	touch $@
