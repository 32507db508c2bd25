"""What every test of the inference service leaves behind goes with it."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def connections_end_with_their_event_loop() -> Iterator[None]:
    """A client keeps its connections as long as its event loop lives; here that is one test."""
    gc.freeze()  # what was there before, torch with its millions of objects, is not looked through
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.unfreeze()
