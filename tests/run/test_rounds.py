"""What `./run test` asks of pytest, and what it makes of the answers."""

from pathlib import Path

import pytest

from deploy import bootstrap

ROOT = Path(__file__).resolve().parents[2]

GREEN, RED, INTERRUPTED = 0, 1, 2


@pytest.fixture
def asked(monkeypatch):
    """The arguments of each pytest; a test says how they end."""

    class Asked(list):
        ends = (GREEN, GREEN)

        def run(self, command):
            self.append(command[command.index("--durations=8") + 1 :])
            return self.ends[len(self) - 1]

    asked = Asked()
    monkeypatch.setattr(bootstrap, "run_to_end", asked.run)
    return asked


def test_each_file_is_run_once(asked):
    assert bootstrap.test([]) == 0
    together, alone = asked
    assert [part for part in together if part.startswith("--ignore=")] == [
        f"--ignore={path}" for path in alone
    ]
    assert all((ROOT / path).is_file() for path in alone)


@pytest.mark.parametrize("ends", [(RED, GREEN), (GREEN, RED), (RED, RED)])
def test_what_fails_in_either_round_fails_and_both_are_run(asked, ends):
    asked.ends = ends
    assert bootstrap.test([]) == RED
    assert len(asked) == 2


def test_ctrl_c_in_the_first_round_is_the_end(asked):
    asked.ends = (INTERRUPTED,)
    assert bootstrap.test([]) == INTERRUPTED


def test_named_tests_are_one_plain_pytest(asked):
    asked.ends = (RED,)
    assert bootstrap.test(["tests/records", "-x"]) == RED
    assert asked == [["tests/records", "-x"]]
