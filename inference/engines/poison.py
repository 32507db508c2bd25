"""Failures after which an engine will not work again in the same process."""

MEMORY = ("OutOfMemoryError", "MemoryError")
BROKEN = ("AcceleratorError", "CudaError", *MEMORY)
SIGNS = ("cuda", "cublas", "cudnn", "out of memory")  # in the libraries' RuntimeErrors


def is_poison(error: BaseException) -> bool:
    """Also by what it was raised from: adapters hide the libraries' words, which may quote."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return False
        if _is_sign(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _is_sign(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ in BROKEN:
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in SIGNS)
