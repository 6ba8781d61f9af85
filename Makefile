# Two commands: `make demo` to see it work, `make test` to run every check. Both set themselves up and can be stopped and
# run again at any moment. What they keep: .venv in this folder, and shopops in the user's cache and data folders.
PYTHON ?= python3
BIN := .venv/bin
SETUP := $(PYTHON) -m scripts.setup

.NOTPARALLEL:
.PHONY: demo test check lock setup clean

demo: setup
	@$(BIN)/shopops ask "How much revenue did we make last month, and how does it compare with the month before?"
	@$(BIN)/shopops ask "Which five departments brought in the most revenue in 2017?"
	@$(BIN)/shopops ask "上个季度每个月的订单数和客单价是多少？"
ifeq ($(NO_SERVE),)
	@$(BIN)/shopops chat
else
	@echo "Ready. Ask: $(BIN)/shopops ask \"…\" · chat: $(BIN)/shopops chat"
endif

test: python
	@$(SETUP) --dev
	@$(MAKE) --no-print-directory static
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: python
	@$(SETUP) --dev --packages-only
	@$(MAKE) --no-print-directory static
	@$(BIN)/python -m pytest tests/unit

setup: python
	@$(SETUP)

lock: python
	@$(SETUP) --dev --packages-only
	@$(BIN)/python -m scripts.lock $(LOCK_ARGS)

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info

.PHONY: python static
python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null || { \
	  echo "error: ShopOps needs Python 3.11 to 3.14; $(PYTHON) is: $$($(PYTHON) --version 2>&1 | tail -n 1)." >&2; \
	  echo "Install one and name it, for example: make demo PYTHON=python3.12" >&2; exit 1; }

static:
	@$(BIN)/python -m scripts.lock --check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
