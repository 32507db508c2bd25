import pytest

from inference.engines.base import EngineFailed
from inference.engines.poison import is_poison


class OutOfMemoryError(RuntimeError):
    """As torch.cuda has it."""


def hidden(error):
    """As an adapter raises it: without the library's words."""
    try:
        try:
            raise error
        except type(error):
            raise EngineFailed("the engine failed") from None
    except EngineFailed as failure:
        return failure


BROKEN = [
    MemoryError(),
    OutOfMemoryError("tried to allocate"),
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA failed with error out of memory"),
    RuntimeError("cuBLAS failed with status CUBLAS_STATUS_EXECUTION_FAILED"),
]


@pytest.mark.parametrize("error", BROKEN, ids=str)
def test_what_breaks_an_engine_for_good_is_known_even_where_it_is_hidden(error):
    assert is_poison(error)
    assert is_poison(hidden(error))


@pytest.mark.parametrize(
    "error",
    [
        EngineFailed("XTTS has no speaker 'Anna'"),
        ValueError("'tlh' is not a valid language code"),
        RuntimeError("The size of tensor a must match"),
        hidden(RuntimeError("shape")),
    ],
    ids=str,
)
def test_other_failures_are_one_jobs_own(error):
    assert not is_poison(error)


def test_errors_that_point_at_each_other_are_no_endless_search():
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert not is_poison(one)
