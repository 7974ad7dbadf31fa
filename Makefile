# The commands of envmap; what they do stands in deploy/README.md.
PYTHON ?= python3
ARGS ?=
STAGE ?=
LAN ?=

.PHONY: run test check bench gallery pictures demo stop clean
.NOTPARALLEL:

run:
	@$(if $(LAN),ENVMAP_LAN="$(LAN)",) exec $(PYTHON) -m deploy run

test:
	@exec $(PYTHON) -m deploy test -- "$$ARGS"

check:
	@exec $(PYTHON) -m deploy check

bench:
	@exec $(PYTHON) -m deploy bench

gallery:
	@exec $(PYTHON) -m deploy gallery -- "$$ARGS"

pictures:
	@RENEW_PICTURES=1 exec $(PYTHON) -m deploy test -- tests/browser/pictures

demo:
	@exec $(PYTHON) -m deploy demo -- "$$STAGE"

stop:
	@exec $(PYTHON) -m deploy stop

clean:
	@exec $(PYTHON) -m deploy clean

export ARGS STAGE
