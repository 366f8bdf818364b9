# Everything a developer types. `make` alone lists it.

VENV := .venv/bin
UV := 0.13.9
LOCK := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help serve test soak train format lock clean

help:
	@echo "make serve    try it: a sample community on http://127.0.0.1:8080"
	@echo "make test     everything CI runs; leave stages out by name: make test SKIP=\"browser peers\""
	@echo "make soak     the long form of the tests, with its figures"
	@echo "make train    learn the models of the understanding anew from the corpus"
	@echo "make format   lay out the code and mend what the linter can mend"
	@echo "make lock     resolve the dependencies anew"
	@echo "make clean    remove what was built; data/ and .venv/ stay"

serve:
	@PYTHON="$(PYTHON)" scripts/setup.sh run
	@exec $(VENV)/xiaolaba serve --demo $(ARGS)

test:
	@PYTHON="$(PYTHON)" scripts/setup.sh dev
	@exec $(VENV)/python scripts/check.py $(SKIP)

soak:
	@PYTHON="$(PYTHON)" scripts/setup.sh dev
	$(VENV)/python -m pytest -m soak -s

train:
	@PYTHON="$(PYTHON)" scripts/setup.sh train
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(VENV)/python -m faq.training

format:
	@PYTHON="$(PYTHON)" scripts/setup.sh dev
	$(VENV)/ruff check --fix-only --quiet .
	$(VENV)/ruff format .

lock:
	@test -x $(VENV)/uv || $(VENV)/python -m pip install --quiet uv==$(UV)
	$(LOCK) --group dev pyproject.toml -o requirements-dev.lock
	$(LOCK) --constraints requirements-dev.lock --no-annotate pyproject.toml -o requirements.lock
	$(LOCK) --constraints requirements-dev.lock --no-annotate --group build -o requirements-build.lock
	$(LOCK) --constraints requirements-dev.lock --no-annotate --group train -o requirements-train.lock

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
