"""XTTS's shape: a GPT-2 that thinks up speech in steps of 46 ms, a HiFi-GAN that sounds it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.gpu.blocks import SPARE, Greedy, Stack
from bench.gpu.shapes import Work, XttsShape

UP = ((8, 16), (8, 16), (2, 4), (2, 4))  # stride and kernel of each stage
KERNELS, DILATIONS = (3, 7, 11), (1, 3, 5)
SLOPE = 0.1
FRAMES_A_STEP = 1024 / 256 * 24_000 / 22_050  # the vocoder's, each 256 samples at 24 kHz


class Xtts(nn.Module):
    def __init__(self, shape: XttsShape) -> None:
        super().__init__()
        width = shape.layers.width
        self.shape = shape
        self.text = nn.Embedding(shape.text_tokens, width)
        self.text_at = nn.Embedding(404, width)
        self.sounds = nn.Embedding(shape.audio_tokens, width)
        self.sounds_at = nn.Embedding(608, width)
        self.stack = Stack(shape.layers)
        self.final = nn.LayerNorm(width)
        self.head = nn.Linear(width, shape.audio_tokens)

    def read(self, voice: Tensor, text: Tensor) -> Tensor:
        """Voice, text and the start sign, as the stack takes them."""
        written = self.text(text) + self.text_at.weight[: text.shape[1]]
        start = self.sounds.weight[:1] + self.sounds_at.weight[:1]
        return torch.cat((voice, written, start.expand(len(text), 1, -1)), dim=1)

    def think(self, x: Tensor, at: Tensor) -> Tensor:
        return self.final(self.stack(x, at))


class Vocoder(nn.Module):
    def __init__(self, shape: XttsShape) -> None:
        super().__init__()
        channels = shape.channels
        self.first = nn.Conv1d(shape.layers.width, channels, 7, padding=3)
        self.voice = nn.Conv1d(shape.speaker, channels, 1)
        self.ups, self.voices, self.blocks = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for stride, kernel in UP:
            self.ups.append(
                nn.ConvTranspose1d(
                    channels, channels // 2, kernel, stride, padding=(kernel - stride) // 2
                )
            )
            channels //= 2
            self.voices.append(nn.Conv1d(shape.speaker, channels, 1))
            self.blocks.append(nn.ModuleList(Resonance(channels, each) for each in KERNELS))
        self.last = nn.Conv1d(channels, 1, 7, padding=3, bias=False)

    def forward(self, thoughts: Tensor, speaker: Tensor) -> Tensor:
        """[streams, steps, width] -> [streams, samples]."""
        x = functional.interpolate(
            thoughts.transpose(1, 2), scale_factor=FRAMES_A_STEP, mode="linear"
        )
        x = self.first(x) + self.voice(speaker)
        for up, voice, blocks in zip(self.ups, self.voices, self.blocks, strict=True):
            x = up(functional.leaky_relu(x, SLOPE)) + voice(speaker)
            x = sum(block(x) for block in blocks) / len(KERNELS)
        return self.last(functional.leaky_relu(x)).tanh()[:, 0]


class Resonance(nn.Module):
    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.pairs = nn.ModuleList(
            nn.ModuleList(
                nn.Conv1d(channels, channels, kernel, dilation=each, padding=each * (kernel // 2))
                for each in (dilation, 1)
            )
            for dilation in DILATIONS
        )

    def forward(self, x: Tensor) -> Tensor:
        for wide, narrow in self.pairs:
            x = x + narrow(functional.leaky_relu(wide(functional.leaky_relu(x, SLOPE)), SLOPE))
        return x


class Speaking:
    """So many sentences spoken together, each in its voice."""

    def __init__(self, model: Xtts, vocoder: Vocoder, work: Work, streams: int) -> None:
        weight = model.text.weight
        device, shape = weight.device, model.shape
        self._model, self._vocoder, self._work = model, vocoder, work
        self._begin = shape.conditions + work.text_tokens + 1
        steps = work.first_steps + work.piece_steps
        model.stack.make_room(streams, -(-(self._begin + steps + SPARE) // 8) * 8)
        self._voice = torch.randn(streams, shape.conditions, shape.layers.width, device=device).to(
            weight.dtype
        )
        self._text = torch.randint(shape.text_tokens, (streams, work.text_tokens), device=device)
        self._at = torch.arange(self._begin, device=device)
        self._speaker = torch.randn(streams, shape.speaker, 1, device=device)
        self._thought = torch.zeros(streams, shape.layers.width, dtype=weight.dtype, device=device)
        self._thinking = Greedy(self._next, streams, device)
        self._thoughts: list[Tensor] = []

    def _next(self, tokens: Tensor, at: Tensor) -> Tensor:
        place = self._model.sounds_at(at - self._begin + 1)
        thought = self._model.think(self._model.sounds(tokens) + place, at)[:, -1]
        self._thought.copy_(thought)
        return self._model.head(thought)

    def first_piece(self) -> None:
        model = self._model
        thought = model.think(model.read(self._voice, self._text), self._at)[:, -1]
        self._thinking.begin(model.head(thought), self._begin)
        self._thoughts = [thought]
        self._think(self._work.first_steps - 1)
        self._sound(self._work.first_steps)

    def next_piece(self) -> None:
        """Always the second one: what it comes after is the same for all of them but the first."""
        done = self._work.first_steps - 1
        del self._thoughts[done + 1 :]
        self._thinking.go_back(self._begin + done)
        self._think(self._work.piece_steps)
        self._sound(self._work.piece_steps)

    def _think(self, steps: int) -> None:
        for _ in range(steps):
            self._thinking.step()
            self._thoughts.append(self._thought.clone())

    def _sound(self, steps: int) -> None:
        """The newest, and the four steps before it that the vocoder has to see."""
        heard = torch.stack(self._thoughts[-steps - 4 :], dim=1).float()
        self._vocoder(heard, self._speaker).cpu()
