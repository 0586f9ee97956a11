# make run      install, train the recipe cnn-fast, test it, and say what to try next
# make test     install and run all tests
# make install  everything for development, pre-commit hooks included
# make check    format, lint, types, import rules, documentation
# make bench    the benchmarks, against PyTorch, ONNX Runtime and scikit-learn; writes docs/benchmarks.md
# make docs     renew what is generated in docs/: recipe.md, all pictures, the chapters' notebooks, the experiment of activations.md
# make models   train, judge and describe the models that numink comes with: hours. Ctrl-C and again goes on
# make picture  renew the README's picture, from a training of some minutes
# make lock     renew the lock files

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test install check bench docs models picture lock clean

run: .venv/run
	$(BIN)/numink train cnn-fast

test: .venv/dev
	$(BIN)/python -m pytest

install: .venv/dev
	@if [ -d .git ]; then $(BIN)/pre-commit install >/dev/null && echo "pre-commit hooks are in place"; fi

check: .venv/dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit/test_house.py tests/docs README.md docs

bench: .venv/bench
	$(BIN)/python -m benchmarks.all

docs: .venv/dev
	$(BIN)/python docs/make_recipe_page.py
	$(BIN)/python docs/make_backprop_pictures.py
	$(BIN)/python docs/make_convolution_pictures.py
	$(BIN)/python docs/make_norm_pictures.py
	$(BIN)/python docs/make_speed_pictures.py
	$(BIN)/python docs/make_handwriting_pictures.py
	$(BIN)/python docs/make_reading_pictures.py
	$(BIN)/python docs/make_chapters.py
	$(BIN)/python docs/make_activations.py

models: .venv/dev
	$(BIN)/python -m shipped $(if $(HANDWRITING),--handwriting "$(HANDWRITING)")

picture: .venv/dev
	$(BIN)/python docs/make_picture.py

lock: .venv/dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		pyproject.toml --group dev -o requirements-dev.lock

clean:
	rm -rf .venv

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "numink needs Python 3.11 or later, and $(PYTHON) is %s: make PYTHON=python3.12 run" % sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/made requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# PyTorch, ONNX Runtime and scikit-learn are peers to compare with, never dependencies. On Linux, take PyTorch's CPU build where
# your index offers one: the plain one brings gigabytes of CUDA.
.venv/bench: .venv/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "torch==2.13.0" "scikit-learn>=1.6" \
		"onnx>=1.18" "onnxruntime>=1.22"
	@touch $@
