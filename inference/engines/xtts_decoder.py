"""From XTTS's thoughts to sound, piece by piece.

The library decodes a sentence from its beginning for every piece, so the tenth piece costs ten
times the first. What a sample depends on lies within a few frames, so here only what is new is
decoded, with those frames before it.
"""

from typing import Any

FRAME_SAMPLES = 256  # of audio that the decoder makes of one frame
FRAMES_BEFORE = 16  # a frame reaches 11 to either side, measured
OVERLAP = 1024  # samples at a piece's end that the frames to come would still change


class Decoder:
    """One sentence's. Everything happens where the tensors are."""

    def __init__(self, hifigan: Any, speaker: Any, speed: float) -> None:
        self._hifigan = hifigan
        self._speaker = speaker
        self._stretch = 1 / max(speed, 0.05)
        self._latents: list[Any] = []
        self._given = 0  # samples
        self._tail: Any = None  # the OVERLAP after them, as it looked before

    def push(self, latents: list[Any]) -> Any:
        """The samples that can be given now."""
        self._latents += latents
        return self._made(is_last=False)

    def rest(self, latents: list[Any]) -> Any:
        """The last samples, with these latents the last there are."""
        from torch import empty

        self._latents += latents
        return self._made(is_last=True) if self._latents else empty(0)

    def _made(self, *, is_last: bool) -> Any:
        frames = self._frames()
        first = max(0, self._given // FRAME_SAMPLES - FRAMES_BEFORE)
        audio = self._hifigan.waveform_decoder(frames[..., first:], g=self._speaker).flatten()
        new = audio[self._given - first * FRAME_SAMPLES :]
        if self._tail is not None:
            new = _blend(self._tail, new)
        kept = 0 if is_last else min(OVERLAP, len(new))
        new, self._tail = new[: len(new) - kept], new[len(new) - kept :]
        self._given += len(new)
        return new

    def _frames(self) -> Any:
        """All of the sentence's so far: stretching them costs nothing, decoding does."""
        from torch import cat
        from torch.nn.functional import interpolate

        frames = cat(self._latents)[None].transpose(1, 2)
        if self._stretch != 1:
            frames = interpolate(frames, scale_factor=self._stretch, mode="linear")
        made = self._hifigan
        latent_frames = made.ar_mel_length_compression / made.output_hop_length
        frames = interpolate(frames, scale_factor=latent_frames, mode="linear")
        if made.output_sample_rate != made.input_sample_rate:
            ratio = made.output_sample_rate / made.input_sample_rate
            frames = interpolate(frames, scale_factor=ratio, mode="linear")
        return frames


def _blend(before: Any, after: Any) -> Any:
    """The overlap glides from what it was thought to be to what it is."""
    from torch import cat, linspace

    size = min(len(before), len(after))
    share = linspace(0.0, 1.0, size, device=after.device)
    return cat((before[:size] * (1 - share) + after[:size] * share, after[size:]))
