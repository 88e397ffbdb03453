# make book   builds the HTML        make run [NB=01]  executes notebooks in full
# make test   checks everything      make serve        opens the book locally
# make lock   renews requirements    make address URL=https://github.com/you/fork
# make colab  runs each notebook as Colab does, in short; with NB=01 that one in full, compared with what is stored
# The first Python that really runs and that TensorFlow knows; else python3, and environment.py says what is wrong.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11; do $$p -c "$(FITS)" 2>/dev/null && echo $$p && exit; done; echo python3)
BIN := .venv/bin
SHORT := AELIB_OFFLINE=1 TF_CPP_MIN_LOG_LEVEL=3
# Models of the tests are tiny: to compile them takes longer than to run them unoptimized.
JAX := KERAS_BACKEND=jax XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
HTML := _build/html/index.html

.PHONY: book test colab run serve lock address

book: .venv/.book
	@echo "== building the book"
	@PYTHONPATH=tools $(BIN)/jupyter-book build . --quiet --config book/_config.yml --toc book/_toc.yml -W -n --keep-going
	@echo "Open $(CURDIR)/$(HTML)"

test: .venv/.all
	@echo "== 1/5 lint and spelling"
	@$(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet
	@$(BIN)/codespell README.md book notebooks aelib tools tests
	@echo "== 2/5 aelib on TensorFlow and on JAX; the rules for notebooks and pages"
	@$(SHORT) $(BIN)/pytest --quiet -n auto tests --ignore tests/site --ignore tests/colab
	@$(SHORT) $(JAX) $(BIN)/pytest --quiet -n auto tests/library
	@echo "== 3/5 every notebook, in short, the long ones first"
	@$(BIN)/python tools/shorten.py .short
	@$(SHORT) $(BIN)/pytest --quiet -n auto --nbmake --nbmake-timeout=300 $$(ls -r .short/*.ipynb)
	@echo "== 4/5 the book, warnings as errors"
	@$(MAKE) --no-print-directory book
	@echo "== 5/5 the site: links, hosts, and in a browser where there is one"
	@$(BIN)/pytest --quiet -n auto tests/site

colab: .venv/.all
	@$(BIN)/python tools/colab.py $(NB)
	$(if $(NB),,@$(SHORT) $(BIN)/pytest --quiet -n auto --maxschedchunk 1 tests/colab)

run: .venv/.all
	@$(BIN)/python tools/run.py $(NB)

serve: book
	@$(BIN)/python -m webbrowser -t "http://localhost:8000" >/dev/null &
	@echo "http://localhost:8000 until Ctrl-C" && $(BIN)/python -m http.server --bind localhost --directory _build/html

lock: .venv/.book
	@$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --custom-compile-command "make lock" \
		--group notebooks --group book --group test pyproject.toml --output-file requirements.txt

address: .venv/.book
	@$(BIN)/python tools/address.py $(URL)

.venv/.book: requirements.txt
	@echo "== installing what the book needs into .venv"
	@$(PYTHON) tools/environment.py book && touch $@

.venv/.all: requirements.txt
	@echo "== installing what notebooks and tests need into .venv (about 3 GB)"
	@$(PYTHON) tools/environment.py all && touch .venv/.book $@
