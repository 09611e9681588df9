# make demo | test | heavy | hdfs | browser | lint | wheel | diagrams | picture | notebook | docs | bench | bench-peers | bench-scale | bench-predictions | spark | chaos | fuzz | mutants | hadoop-diff | clean   e.g.  make test PYTHON=python3.12

PYTHON ?= python3
N ?= 1000
# One more than there are cores, because many tests wait for processes.
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')
VENV := .venv
RUN := $(VENV)/bin/python
DOCS := .venv-docs

.PHONY: help demo test heavy hdfs browser lint wheel diagrams picture notebook docs bench bench-peers bench-scale bench-predictions spark chaos fuzz mutants hadoop-diff clean

help:
	@echo 'make demo         count the words of fish_jobs/'
	@echo 'make test         run the tests; TESTS="tests/data -k merge" for some of them'
	@echo 'make heavy        run the tests that make test leaves out: long faults, hosts on a network'
	@echo 'make hdfs         run the tests with a real HDFS in one process, whose client it installs'
	@echo 'make browser      run the tests of the live page in a chromium, which it installs'
	@echo 'make spark        run the tests of jobs on a real Spark, which it installs; needs a Java; SPARK=tests/spark for all'
	@echo 'make lint         check format, style and types'
	@echo 'make wheel        build dist/*.whl, with the compiled kernels, and dist/*.tar.gz; MACHINE=aarch64'
	@echo 'make diagrams     renew what is made from the code: parts of documents, completions, manual'
	@echo 'make picture      make the picture of a terminal in the README, from a run'
	@echo 'make notebook     run the cells of the example notebook, and keep what they print'
	@echo 'make docs         build the site of the documents, site/index.html, and check its links'
	@echo 'make bench        measure, each figure beside its limit; BENCH="fish tiny" for some'
	@echo 'make bench-peers  measure beside other engines, for docs/benchmarks.md; PEERS="--workload words"'
	@echo 'make bench-scale  measure as sizes and numbers grow, for docs/benchmarks.md; SCALE="--series maps"'
	@echo 'make bench-predictions  compare what explain predicts with jobs that really run so'
	@echo 'make chaos        kill processes of jobs for an hour; CHAOS="--minutes 5" for less'
	@echo 'make fuzz         send damaged bytes for an hour; FUZZ="--seconds 300 --seed 1" for less'
	@echo 'make mutants      find changes of the code that no test notices; MUTANTS=a.module for one'
	@echo 'make hadoop-diff  compare random jobs with a real Hadoop; needs a JDK; N=1000 jobs'
	@echo 'make clean        delete all that these have made, $(VENV) too'

demo: $(VENV)/.installed
	$(RUN) coordinator.py --mapperPath=wordcount/mapper.py --reducerPath=wordcount/reducer.py \
	    --jobPath=fish_jobs --numReducers=1
	head fish_jobs/0.out

test: $(VENV)/.installed
	$(RUN) -m pytest -n $(PROCESSES) --dist loadfile $(or $(TESTS),-m "not heavy")

heavy: $(VENV)/.installed
	$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile -m "heavy and not spark"

hdfs: $(VENV)/.installed-hdfs
	$(RUN) -m tests.hdfs

browser: $(VENV)/.installed-browser
	$(RUN) -m pytest -n auto --maxprocesses 2 --dist load tests/page/test_browser.py

# All tests share one Spark, so they run one after the other.
spark: $(VENV)/.installed-spark
	$(RUN) -m tests.spark $(or $(SPARK),-m "spark and not heavy" tests/spark)

lint: $(VENV)/.installed-dev
	$(RUN) -m ruff format --check
	$(RUN) -m ruff check
	$(RUN) -m mypy

wheel: $(VENV)/.installed-dev
	HADOOPLESS_WHEEL_MACHINE=$(MACHINE) $(RUN) -m build --outdir dist

diagrams: $(VENV)/.installed
	$(RUN) -m tools.diagrams
	$(RUN) -m tools.command_files

picture: $(VENV)/.installed
	$(RUN) -m tools.picture

notebook: $(VENV)/.installed
	$(RUN) -m tools.notebook

docs: $(DOCS)/.installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs build
	$(DOCS)/bin/python -m tools.site.check site

bench: $(VENV)/.installed
	$(RUN) benchmarks/limit.py $(BENCH)

# Without further words both renew docs/benchmarks.md.
bench-peers: $(VENV)/.installed
	$(RUN) -m benchmarks.peers $(or $(PEERS),--report)

bench-scale: $(VENV)/.installed
	$(RUN) -m benchmarks.scale $(or $(SCALE),--report)

bench-predictions: $(VENV)/.installed
	$(RUN) -m benchmarks.predictions $(PREDICTIONS)

chaos: $(VENV)/.installed
	$(RUN) -m tests.chaos $(CHAOS)

fuzz: $(VENV)/.installed
	$(RUN) -m tests.fuzz $(FUZZ)

mutants: $(VENV)/.installed-dev
	nice $(RUN) -m tools.mutants $(MUTANTS)

hadoop-diff: $(VENV)/.installed
	$(RUN) -m tests.hadoop --jobs $(N) $(DIFF)

# The README's examples make the last ones; other files in those directories stay.
clean:
	rm -rf $(VENV) $(DOCS) site .pytest_cache .mypy_cache .ruff_cache .hypothesis benchmarks/work dist mutants \
	    hadoopless/data/machine/prebuilt
	rm -f fish_jobs/*.out oas_jobs/*.out
	rm -f counts/*.out sorted/*.out loud/*.out counted/*.out
	rm -rf hdfs/user/*/counts hdfs/tmp/hadoop-yarn
	for made in counts sorted loud counted hdfs; do \
	    [ ! -d $$made ] || find $$made -depth -type d -exec rmdir {} \; 2>/dev/null || true; done
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A user who names another Python than the virtualenv has wants another virtualenv.
ifeq ($(origin PYTHON),command line)
ifneq ($(shell $(PYTHON) --version 2>&1 || :),$(shell $(RUN) --version 2>&1 || :))
.PHONY: $(VENV)/.installed
endif
endif

# The stamps are newer than the requirements as long as the virtualenv is up to date.
$(VENV)/.installed: requirements.txt
	@command -v $(PYTHON) >/dev/null || \
	    { echo 'There is no $(PYTHON); name a Python 3.11 or newer: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$$($(PYTHON) --version) is too old; name a Python 3.11 or newer: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-hdfs: requirements-hdfs.txt $(VENV)/.installed
	$(RUN) -m tests.hdfs install
	@touch $@

# A chromium of the system, and axe-core (MPL-2.0), which only these tests use, from its npm package.
$(VENV)/.installed-browser: requirements-browser.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-browser.txt
	command -v chromium google-chrome >/dev/null || { apt-get update -q && apt-get install -qy chromium; }
	command -v npm >/dev/null || { apt-get update -q && apt-get install -qy npm; }
	mkdir -p $(VENV)/axe
	cd $(VENV)/axe && npm pack --silent axe-core@4.14.1 && tar xzf axe-core-*.tgz --strip-components=1 \
	    package/axe.min.js
	@touch $@

$(VENV)/.installed-spark: benchmarks/requirements-peers.txt $(VENV)/.installed
	$(RUN) -m tests.spark --install
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Of mmdc only the script is needed that draws diagrams: without what its own programs need.
$(DOCS)/.installed: requirements-docs.txt
	$(PYTHON) -m venv --clear $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps 'mmdc>=0.7,<0.8'
	@touch $@
