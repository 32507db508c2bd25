"""A network small enough to write by hand, so that onnxruntime's real loading code runs.

It answers how high, on the whole, its input is: sigmoid of the mean. The bytes are ONNX's
protobuf, field by field; a library to write these eighty would be thirty megabytes.
"""

from pathlib import Path

FLOAT = 1  # TensorProto.DataType
INT, INTS = 2, 7  # AttributeProto.AttributeType


def mean_network(path: Path, *, bands: int = 80, frames: int = 800) -> Path:
    graph = (
        _part(1, _node("ReduceMean", "input_features", "by_band", axis=2, keepdims=0))
        + _part(1, _node("ReduceMean", "by_band", "mean", axis=1, keepdims=1))
        + _part(1, _node("Sigmoid", "mean", "likely"))
        + _text(2, "mean")
        + _part(11, _value("input_features", ("n", bands, frames)))
        + _part(12, _value("likely", ("n", 1)))
    )
    opset = _text(1, "") + _number(2, 13)
    path.write_bytes(_number(1, 8) + _part(7, graph) + _part(8, opset))
    return path


def _node(kind: str, takes: str, gives: str, *, axis: int = 0, keepdims: int = 0) -> bytes:
    node = _text(1, takes) + _text(2, gives) + _text(4, kind)
    if axis:
        node += _part(5, _text(1, "axes") + _number(8, axis) + _number(20, INTS))
        node += _part(5, _text(1, "keepdims") + _number(3, keepdims) + _number(20, INT))
    return node


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    sizes = b"".join(
        _part(1, _number(1, size) if isinstance(size, int) else _text(2, size)) for size in shape
    )
    tensor = _number(1, FLOAT) + _part(2, sizes)
    return _text(1, name) + _part(2, _part(1, tensor))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())
