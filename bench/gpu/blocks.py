"""Transformer layers that write into memory of a fixed place, so that a step can be replayed.

Launching a step's hundreds of kernels one by one takes the processor longer than they take the
card. Captured once as a CUDA graph they are launched as one. For that nothing may move: keys
and values are written at positions that are tensors themselves.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.gpu.shapes import Layers

ROTARY_BASE = 500_000.0
WARM_UPS = 3


class Attention(nn.Module):
    """`keys` and `values`: [streams, kv heads, positions, head width], kept from step to step."""

    def __init__(self, shape: Layers) -> None:
        super().__init__()
        self.heads, self.kv_heads = shape.heads, shape.kv_heads or shape.heads
        self.head_width = shape.width // shape.heads
        kv_width, has_bias = self.kv_heads * self.head_width, not shape.is_llama
        self.query = nn.Linear(shape.width, shape.width, bias=has_bias)
        self.key = nn.Linear(shape.width, kv_width, bias=False)
        self.value = nn.Linear(shape.width, kv_width, bias=has_bias)
        self.out = nn.Linear(shape.width, shape.width, bias=has_bias)
        self.keys = self.values = torch.empty(0)

    def make_room(self, streams: int, positions: int) -> None:
        weight = self.key.weight
        size = (streams, self.kv_heads, positions, self.head_width)
        self.keys = torch.zeros(size, dtype=weight.dtype, device=weight.device)
        self.values = torch.zeros_like(self.keys)

    def look_at(self, encoded: Tensor) -> None:
        """From now on, across at this."""
        self.keys.copy_(self._split(self.key(encoded), self.kv_heads))
        self.values.copy_(self._split(self.value(encoded), self.kv_heads))

    def across(self, x: Tensor) -> Tensor:
        return self._attend(self._split(self.query(x), self.heads), self.keys, self.values, None)

    def forward(self, x: Tensor, at: Tensor | None, turn: tuple[Tensor, Tensor] | None) -> Tensor:
        """`at`: the positions of x, where it goes on from what was; None: all there is, at once."""
        query = self._split(self.query(x), self.heads)
        key = self._split(self.key(x), self.kv_heads)
        value = self._split(self.value(x), self.kv_heads)
        if turn is not None:
            query, key = _rotated(query, *turn), _rotated(key, *turn)
        if at is None:
            return self._attend(query, key, value, None)
        self.keys.index_copy_(2, at, key)
        self.values.index_copy_(2, at, value)
        seen = torch.arange(self.keys.shape[2], device=at.device) <= at[:, None]
        return self._attend(query, self.keys, self.values, seen)

    def _split(self, x: Tensor, heads: int) -> Tensor:
        return x.view(x.shape[0], x.shape[1], heads, self.head_width).transpose(1, 2)

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None) -> Tensor:
        """Heads that share keys stand below each other, so that keys need not be copied."""
        streams, _, count, width = query.shape
        shared = self.heads // self.kv_heads
        query = query.reshape(streams, self.kv_heads, shared * count, width)
        mask = None if seen is None else seen.repeat(shared, 1)
        x = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x.reshape(streams, self.heads, count, width).transpose(1, 2)
        return self.out(x.reshape(streams, count, -1))


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Feed(nn.Module):
    def __init__(self, shape: Layers) -> None:
        super().__init__()
        self.up = nn.Linear(shape.width, shape.inner, bias=not shape.is_llama)
        self.down = nn.Linear(shape.inner, shape.width, bias=not shape.is_llama)
        self.gate = nn.Linear(shape.width, shape.inner, bias=False) if shape.is_llama else None

    def forward(self, x: Tensor) -> Tensor:
        if self.gate is not None:
            return self.down(functional.silu(self.gate(x)) * self.up(x))
        return self.down(functional.gelu(self.up(x)))


def norm(shape: Layers) -> nn.Module:
    return nn.RMSNorm(shape.width, eps=1e-5) if shape.is_llama else nn.LayerNorm(shape.width)


class Layer(nn.Module):
    def __init__(self, shape: Layers) -> None:
        super().__init__()
        self.norm, self.attention = norm(shape), Attention(shape)
        self.cross_norm = norm(shape) if shape.has_cross else None
        self.cross = Attention(shape) if shape.has_cross else None
        self.feed_norm, self.feed = norm(shape), Feed(shape)

    def forward(self, x: Tensor, at: Tensor | None, turn: tuple[Tensor, Tensor] | None) -> Tensor:
        x = x + self.attention(self.norm(x), at, turn)
        if self.cross is not None and self.cross_norm is not None:
            x = x + self.cross.across(self.cross_norm(x))
        return x + self.feed(self.feed_norm(x))


class Stack(nn.Module):
    def __init__(self, shape: Layers) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.count))
        self.norm = norm(shape)

    def make_room(self, streams: int, positions: int) -> None:
        for layer in self.layers:
            layer.attention.make_room(streams, positions)

    def forward(self, x: Tensor, at: Tensor | None = None) -> Tensor:
        turn = self._turn(at, x.dtype) if self.shape.is_llama and at is not None else None
        for layer in self.layers:
            x = layer(x, at, turn)
        return self.norm(x)

    def _turn(self, at: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """How far each position is turned: cosine and sine, [positions, head width]."""
        width = self.shape.width // self.shape.heads
        steps = torch.arange(0, width, 2, device=at.device, dtype=torch.float32)
        angles = at[:, None] / ROTARY_BASE ** (steps / width)
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos().to(dtype), angles.sin().to(dtype)


class Greedy:
    """Token after token, the likeliest each time, of all streams together."""

    def __init__(
        self, forward: Callable[[Tensor, Tensor], Tensor], streams: int, device: torch.device
    ) -> None:
        """`forward`: tokens [streams, count] and their positions -> logits of the last one."""
        self._forward = forward
        self._device = device
        self._token = torch.zeros(streams, 1, dtype=torch.long, device=device)
        self._at = torch.zeros(1, dtype=torch.long, device=device)
        self._replay: Callable[[], None] | None = None

    def begin(self, logits: Tensor, at: int) -> None:
        """Go on from position `at`, with the token these say."""
        self._token.copy_(logits.argmax(-1, keepdim=True))
        self._at.fill_(at)
        if self._replay is None:
            self._replay = self._captured()
            self._token.copy_(logits.argmax(-1, keepdim=True))
            self._at.fill_(at)

    def go_back(self, at: int) -> None:
        self._at.fill_(at)

    def step(self, times: int = 1) -> None:
        assert self._replay is not None
        for _ in range(times):
            self._replay()

    def tokens(self) -> list[int]:
        """The last of each stream; waits for the card."""
        return self._token[:, 0].tolist()

    def _step(self) -> None:
        self._token.copy_(self._forward(self._token, self._at).argmax(-1, keepdim=True))
        self._at.add_(1)

    def _captured(self) -> Callable[[], None]:
        if self._device.type != "cuda":
            return self._step
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                self._step()
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step()
        return graph.replay


SPARE = WARM_UPS + 1  # positions that making a graph may write to beyond a run's last
