"""Hearing a voice before callers do: one short sentence, made now and kept nowhere."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing

from inference.audio import Resampler, wav_bytes
from inference.engines import registry
from inference.engines.base import SAMPLE_HZ, EngineFailed, EngineUnavailable, VoiceChoice
from inference.host.stages import EngineBusy
from inference.wording.spoken import spoken_form

LONGEST_TEXT = 200  # letters
DEADLINE_S = 60.0  # a model that is loaded for the first time needs most of it
SEATS = 2  # people who listen at the same time; callers come first

_seats = threading.BoundedSemaphore(SEATS)


class NotHeard(Exception):
    """The text says why, and what to do."""


def heard(text: str, voice: VoiceChoice) -> bytes:
    """Blocking, DEADLINE_S at most. The sentence as a WAV. Raises NotHeard."""
    text = text.strip()
    if not text:
        raise NotHeard("Write a sentence to be spoken.")
    if len(text) > LONGEST_TEXT:
        raise NotHeard(f"This is too long to try. Use {LONGEST_TEXT} letters or fewer.")
    if not _seats.acquire(blocking=False):
        raise NotHeard("Others are trying voices just now. Try again in a minute.")
    wanted_until_s = time.monotonic() + DEADLINE_S
    made: Future[bytes] = Future()
    # of its own, and a daemon: nobody waits for a model that takes minutes to load
    threading.Thread(
        target=_make, args=(made, text, voice, wanted_until_s), name="preview", daemon=True
    ).start()
    try:
        pcm = made.result(timeout=DEADLINE_S)
    except TimeoutError:
        raise NotHeard(
            f"There was nothing to hear after {DEADLINE_S:.0f} seconds. A large model may still "
            "be loading: try again in a minute. If it stays so, look into var/log/web.log."
        ) from None
    if not pcm:
        raise NotHeard("The voice made no sound. Try another sentence.")
    return wav_bytes(pcm, SAMPLE_HZ)


def _make(made: Future[bytes], text: str, voice: VoiceChoice, until_s: float) -> None:
    try:
        made.set_result(b"".join(_pieces(text, voice, until_s)))
    except EngineUnavailable as error:
        made.set_exception(NotHeard(f"This voice cannot be loaded: {error}"))
    except EngineBusy:
        made.set_exception(
            NotHeard("The voice is busy with calls. Try again when fewer are on the line.")
        )
    except EngineFailed as error:
        made.set_exception(NotHeard(f"The voice failed: {error}"))
    except BaseException as error:  # a library's own, whose text may quote the sentence
        made.set_exception(NotHeard(f"The voice failed ({type(error).__name__})."))
    finally:
        _seats.release()


def _pieces(text: str, voice: VoiceChoice, until_s: float) -> Iterator[bytes]:
    synthesizer = registry.load("tts", voice.engine)
    resampler = Resampler(synthesizer.hz, SAMPLE_HZ)
    said = spoken_form(text, voice.language, ())
    with closing(synthesizer.synthesize(said, voice)) as pieces:  # type: ignore[type-var]
        for piece in pieces:
            if time.monotonic() > until_s:  # nobody listens any more
                return
            yield resampler.push(piece)
    yield resampler.flush()
