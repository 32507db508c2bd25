"""Whisper's shape: sound of 30 s encoded at once, then a few words written."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.gpu.blocks import SPARE, Greedy, Stack
from bench.gpu.shapes import WhisperShape, Work

HZ = 16_000
WINDOW, HOP = 400, 160


class Whisper(nn.Module):
    def __init__(self, shape: WhisperShape) -> None:
        super().__init__()
        width = shape.encoder.width
        self.shape = shape
        self.first = nn.Conv1d(shape.mels, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.heard_at = nn.Embedding(shape.positions, width)
        self.encoder = Stack(shape.encoder)
        self.words = nn.Embedding(shape.vocabulary, width)
        self.written_at = nn.Embedding(448, width)
        self.decoder = Stack(shape.decoder)
        self.register_buffer("filters", torch.rand(shape.mels, WINDOW // 2 + 1), persistent=False)

    def spectrum(self, pcm: Tensor) -> Tensor:
        """[streams, samples] -> [streams, mels, frames], filled up with silence to 30 s."""
        frames = self.shape.positions * 2
        pcm = functional.pad(pcm, (0, frames * HOP - pcm.shape[1]))
        window = torch.hann_window(WINDOW, device=pcm.device)
        power = torch.stft(pcm, WINDOW, HOP, window=window, return_complex=True)[..., :-1].abs()
        mels = (self.filters.float() @ power.square()).clamp(min=1e-10).log10()
        mels = torch.maximum(mels, mels.amax(dim=(1, 2), keepdim=True) - 8.0)
        return ((mels + 4.0) / 4.0).to(self.filters.dtype)

    def encode(self, mels: Tensor) -> Tensor:
        x = functional.gelu(self.second(functional.gelu(self.first(mels)))).transpose(1, 2)
        return self.encoder(x + self.heard_at.weight)

    def look_at(self, encoded: Tensor) -> None:
        for layer in self.decoder.layers:
            layer.cross.look_at(encoded)

    def write(self, tokens: Tensor, at: Tensor) -> Tensor:
        x = self.decoder(self.words(tokens) + self.written_at(at), at)
        return functional.linear(x[:, -1], self.words.weight)


class Hearing:
    """So many utterances recognised together."""

    def __init__(self, model: Whisper, work: Work, streams: int) -> None:
        device = model.words.weight.device
        self._model, self._words = model, work.heard_tokens
        self._begin = model.shape.prompt
        model.decoder.make_room(streams, _eights(self._begin + work.heard_tokens + SPARE))
        for layer in model.decoder.layers:
            layer.cross.make_room(streams, model.shape.positions)
        samples = int(work.utterance_s * HZ)
        self._pcm = torch.randn(streams, samples, device=device) * 0.1
        self._prompt = torch.arange(self._begin, device=device).repeat(streams, 1)
        self._at = torch.arange(self._begin, device=device)
        self._writing = Greedy(model.write, streams, device)

    def __call__(self) -> None:
        model = self._model
        model.look_at(model.encode(model.spectrum(self._pcm)))
        self._writing.begin(model.write(self._prompt, self._at), self._begin)
        self._writing.step(self._words - 1)
        self._writing.tokens()


def _eights(positions: int) -> int:
    """Masked attention is quickest on whole eights."""
    return -(-positions // 8) * 8
