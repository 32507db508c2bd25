"""Llama's shape: a prompt read at once, then a sentence written."""

import torch
from torch import Tensor, nn

from bench.gpu.blocks import SPARE, Greedy, Stack
from bench.gpu.shapes import LlamaShape, Work


class Llama(nn.Module):
    def __init__(self, shape: LlamaShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.layers.width)
        self.stack = Stack(shape.layers)
        self.head = nn.Linear(shape.layers.width, shape.vocabulary, bias=False)

    def write(self, tokens: Tensor, at: Tensor) -> Tensor:
        return self.head(self.stack(self.words(tokens), at)[:, -1])


class Answering:
    """So many prompts answered together. What stands in the memory before counts as cached."""

    def __init__(self, model: Llama, work: Work, streams: int) -> None:
        device = model.words.weight.device
        self._model, self._work = model, work
        positions = work.prompt_tokens + work.sentence_tokens + SPARE
        model.stack.make_room(streams, -(-positions // 8) * 8)
        vocabulary = model.shape.vocabulary
        self._prompt = torch.randint(vocabulary, (streams, work.prompt_tokens), device=device)
        self._at = torch.arange(work.prompt_tokens, device=device)
        self._writing = Greedy(model.write, streams, device)

    def first_token(self, cached: int) -> None:
        logits = self._model.write(self._prompt[:, cached:], self._at[cached:])
        self._writing.begin(logits, self._work.prompt_tokens)
        self._writing.tokens()

    def sentence(self, cached: int) -> None:
        self.first_token(cached)
        for _ in range(self._work.sentence_tokens - 1):
            self._writing.step()
            self._writing.tokens()  # each goes to its caller as it comes
