"""Calls over a real Asterisk.

A test asks for `asterisk`; one serves all tests of a module. Where its calls go and where
humans are rung is chosen by the module, by giving its own `http_port` or `trunk_port`.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.asterisk import RunningAsterisk, free_port, running_asterisk


@pytest.fixture(scope="module")
def http_port() -> int:
    """Where Asterisk brings calls: ws://127.0.0.1:<this>/media."""
    return free_port()


@pytest.fixture(scope="module")
def trunk_port() -> int:
    """Where every number we dial is rung, by SIP over UDP on loopback."""
    return free_port()


@pytest.fixture(scope="module")
def asterisk_of_module(http_port: int, trunk_port: int) -> Iterator[RunningAsterisk]:
    with running_asterisk(http_port=http_port, trunk_port=trunk_port) as running:
        yield running


@pytest.fixture
def asterisk(asterisk_of_module: RunningAsterisk) -> Iterator[RunningAsterisk]:
    """The module's Asterisk; no call may be left on it when the test is over."""
    yield asterisk_of_module
    asterisk_of_module.wait_no_channels()
