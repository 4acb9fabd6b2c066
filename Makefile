# Short names for what one does here every day. Bare `make` says what there is.
JOBS ?= $(shell nproc)
PRESETS = cmake --preset $(1) --log-level=WARNING && cmake --build --preset $(1) --parallel $(JOBS)

.PHONY: help setup build demo test test-long fuzz profile bench tidy format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is needed (Debian 12 or 13)
	@tools/setup

build: setup ## the program as users run it: build/release/halftime
	@$(call PRESETS,release)

demo: build ## a short load test against the practice backend, live
	@if [ -x tools/demo ]; then tools/demo build/release/halftime; fi

test: setup tidy ## sanitizers, unit, scenario and end-to-end tests, a short fuzz run
	@tools/setup-receivers
	@$(call PRESETS,asan)
	@$(call PRESETS,fuzz)
	@HT_FUZZ_SECONDS=$${HT_FUZZ_SECONDS:-3} HT_FUZZ_SEED=$${HT_FUZZ_SEED:-1} ctest --preset fuzz --parallel $(JOBS)
	@ctest --preset asan --parallel $(JOBS)

test-long: test ## the same, then what takes long: real scenarios, bare machines
	@for script in tests/long/*; do if [ -x "$$script" ]; then "$$script" || exit 1; fi; done
	@tools/test-bare 12 13

fuzz: setup ## fuzz each parser for a minute (HT_FUZZ_SECONDS=60)
	@$(call PRESETS,fuzz)
	@HT_FUZZ_SECONDS=$${HT_FUZZ_SECONDS:-60} ctest --preset fuzz --parallel $(JOBS)

profile: build ## where the time goes in a standard run (perf or callgrind)
	@tools/profile

bench: build ## halftime and its peers side by side (bench/setup installs them)
	@bench/run

tidy: ## check the rules of the house
	@tools/tidy

format: ## clang-format what differs from the last commit
	@git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h' | xargs -r clang-format -i

clean: ## remove build/
	@rm -rf build
