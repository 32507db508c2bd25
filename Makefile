# Short names for ./run, which does the work.
.PHONY: up once setup test check bench format

up:
	./run
once:
	./run --once
setup:
	./run setup
test:
	./run test
check:
	./run check
bench:
	./run bench
format:
	.venv/bin/python -m ruff check --fix --quiet
	.venv/bin/python -m ruff format
