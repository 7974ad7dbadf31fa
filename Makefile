# The commands of envmap; what they do stands in deploy/README.md.
PYTHON ?= python3
ARGS ?=
STAGE ?=

.PHONY: run test check bench demo stop clean
.NOTPARALLEL:

run:
	@$(PYTHON) -m deploy run

test:
	@$(PYTHON) -m deploy test -- "$$ARGS"

check:
	@$(PYTHON) -m deploy check

bench:
	@$(PYTHON) -m deploy bench

demo:
	@$(PYTHON) -m deploy demo -- "$$STAGE"

stop:
	@$(PYTHON) -m deploy stop

clean:
	@$(PYTHON) -m deploy clean

export ARGS STAGE
