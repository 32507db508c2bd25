"""What engines that talk to a model server share: the prompt, the deadlines, the bounds.

A model server may send anything, at any pace, for ever. What comes out of `spoken` is text to
be spoken, at most MAX_CHARACTERS of it, or EngineFailed within TOTAL_SECONDS. Error texts name
the kind of trouble only: a server's own words may hold the caller's.

Where the connection breaks, or the server says that it has trouble of its own, it is asked once
more, at once and within the same time: a kept connection may have been closed meanwhile, and
behind a proxy another server answers. After the first piece it is not, for the caller may have
heard it.

The request of a turn begins as the one before it did, byte for byte, so that the server reads
only what is new: whatever changes in a call stands at the end.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from ssl import SSLContext
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from inference.engines.base import (
    After,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Speaker,
    Utterance,
)

CONNECT_SECONDS = 2.0
PIECE_SECONDS = 15.0  # between two pieces, and to the first one
TOTAL_SECONDS = 60.0
WARM_SECONDS = 300.0  # a large model has to come from the disk first
MAX_CHARACTERS = 4_000
MAX_UNSPOKEN = 16_000  # characters in which nothing is to be spoken: thoughts, blanks
MAX_WIRE_BYTES = 4_000_000  # of one answer with all its packaging

_MANNER = (
    "You are speaking with a caller on the telephone. Answer in one or two short spoken"
    " sentences, in {language}. Plain words only: no lists, no formatting, no emoji, no remarks"
    " about yourself. If the facts do not hold the answer, say so and do not guess."
)
_ONE_LANGUAGE = "the language with the code {language}"
_ITS_LANGUAGE = "the language that the caller's last message asks for"
_ANSWER_IN = "(Answer in the language with the code {language}.)"
_KEYS = (
    "Keys pressed on the telephone come as a text like [1] or [1234]: take them for the answer to"
    " what you asked last."
)
_HIDDEN_KEYS = (
    "Digits that nobody may know come as a text like [4 secret digits]: you are not told them,"
    " they are where they belong. Never ask for them in words."
)
_MARKS = {
    After.HANG_UP: "[hang up]",
    After.HAND_OVER: "[hand over]",
    After.SECRET_KEYS: "[secret keys]",
}
_CALL_BEGINS = "(the caller is on the line)"
TOOL_CALL = object()  # instead of a piece: the model wants a tool, and there is none

_closing: set[asyncio.Task[None]] = set()  # so that none is collected before it is done

T = TypeVar("T")


def messages(history: tuple[Utterance, ...], knowledge: Knowledge) -> list[dict[str, str]]:
    """System prompt and talk; roles take turns and the user begins, as strict servers want."""
    talk: list[dict[str, str]] = []
    for utterance in history:
        role = "user" if utterance.speaker is Speaker.CALLER else "assistant"
        if talk and talk[-1]["role"] == role:
            talk[-1]["content"] += f" {utterance.text}"
        else:
            talk.append({"role": role, "content": utterance.text})
    if not talk or talk[0]["role"] != "user":
        talk.insert(0, {"role": "user", "content": _CALL_BEGINS})
    if knowledge.languages and talk[-1]["role"] == "user":
        talk[-1]["content"] += f" {_ANSWER_IN.format(language=knowledge.language)}"
    return [{"role": "system", "content": _system(knowledge)}, *talk]


def _system(knowledge: Knowledge) -> str:
    """The same in every turn of a call, also when the caller changes the language."""
    language = _ITS_LANGUAGE if knowledge.languages else _ONE_LANGUAGE
    manner = _MANNER.format(language=language.format(language=knowledge.language))
    parts = [knowledge.instructions, manner]
    if knowledge.entries:
        facts = ["Facts you may use:"]
        for entry in knowledge.entries:
            mark = f" Then write {_MARKS[entry.after]}." if entry.after in _MARKS else ""
            facts.append(f"- Asked {' / '.join(entry.questions)!r}: {entry.answer}{mark}")
        parts.append("\n".join(facts))
    keys = ", ".join(f"[{e.digit}] {e.questions[0]}" for e in knowledge.entries if e.digit)
    parts.append(f"{_KEYS} Without such a question: {keys}" if keys else _KEYS)
    if any(entry.after is After.SECRET_KEYS for entry in knowledge.entries):
        parts.append(_HIDDEN_KEYS)
    return "\n\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a model server."""

    server: str  # what it is called in our errors
    ask: Callable[[], AsyncGenerator[Any, None]]  # sends it; the pieces of the reply
    is_lost: Callable[[Exception], bool]  # whether this says that the connection broke


async def spoken(request: Request, knowledge: Knowledge) -> AsyncGenerator[str | After, None]:
    """What of the server's reply is to be spoken."""
    server = request.server
    reply = Reply(frozenset(entry.after for entry in knowledge.entries))
    async with aclosing(_in_time(_twice(request), server)) as arriving:
        async for piece in arriving:
            for part in reply.push(piece):
                yield part
            if reply.is_over:
                break
    for part in reply.finish():
        yield part
    if not reply.has_words:
        raise EngineFailed(f"{server} sent an empty reply: no words to speak")


async def _twice(request: Request) -> AsyncGenerator[Any, None]:
    """The pieces; asked for once more where there is hope and none has come."""
    for is_last in (False, True):
        has_begun = False
        async with aclosing(request.ask()) as pieces:
            try:
                async for piece in pieces:
                    has_begun = True
                    yield piece
                return
            except Exception as error:
                if has_begun or is_last or not _may_pass(error, request):
                    raise


def _may_pass(error: Exception, request: Request) -> bool:
    return _status(error) >= 500 or request.is_lost(error)


async def _in_time(pieces: AsyncGenerator[Any, None], server: str) -> AsyncGenerator[str]:
    """The pieces, each within its deadline, any trouble of theirs as EngineFailed."""
    end = asyncio.get_running_loop().time() + TOTAL_SECONDS
    try:
        while True:
            try:
                now = asyncio.get_running_loop().time()
                async with asyncio.timeout_at(min(now + PIECE_SECONDS, end)):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise EngineFailed(f"{server} was silent for too long") from None
            except EngineFailed:
                raise
            except Exception as error:
                raise EngineFailed(f"{server} failed: {trouble(error)}") from None
            if piece is TOOL_CALL:
                return
            if not isinstance(piece, str):  # openai's client lets any type through
                raise EngineFailed(f"{server} sent something that is no text")
            yield piece
    finally:
        await pieces.aclose()


def temperature(option: str) -> float:
    """How freely the model words things, 0 (always the same) to 2."""
    try:
        value = float(option or "0.2")
    except ValueError:
        value = -1
    if not 0 <= value <= 2:
        raise EngineUnavailable("temperature is a number from 0 to 2")
    return value


def parallel(option: str) -> int:
    """How many replies the server writes at the same time."""
    if not (option or "4").isdecimal() or not 1 <= int(option or "4") <= 1_000:
        raise EngineUnavailable("replies at a time is a number from 1 to 1000")
    return int(option or "4")


def trouble(error: Exception) -> str:
    """What went wrong, without a word of what was sent."""
    status = _status(error)
    return f"HTTP {status}" if status else type(error).__name__


def _status(error: Exception) -> int:
    """The server's answer in HTTP's numbers, 0 where there was none."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status > 0 else 0


_THOUGHT = "<think>"
_TAGS = (_THOUGHT, "</think>", "<tool_call>", "<function", "<|python_tag|>")
_TOOL_MARK = "[tool calls]"
_DATA = re.compile(r"\s*(```\w*\s*)?(\{|\[\s*[{\"])")
_PERHAPS_DATA = re.compile(r"\s*(`{0,2}|```\w{0,16}\s*)(\[\s*)?")
_NO_WORDS = re.compile(r"<[^<>]*>|[\W_]")


class Reply:
    """One reply as it comes: thoughts left out, marks understood, length bounded.

    Where the model begins to write for a machine, as JSON or as the call of a tool, the reply
    is over.
    """

    _LONGEST_MARK = 16

    def __init__(self, allowed: frozenset[After]) -> None:
        self._allowed = {_MARKS[after]: after for after in allowed if after in _MARKS}
        self._held = ""  # may become a mark, a thought or data
        self._text = ""
        self._state = _State.BEGINNING
        self._unspoken = 0
        self._after: After | None = None

    @property
    def is_over(self) -> bool:
        return self._state is _State.OVER

    @property
    def has_words(self) -> bool:
        return bool(_NO_WORDS.sub("", self._text))

    def push(self, piece: str) -> list[str | After]:
        self._held += piece
        parts: list[str] = []
        while not self.is_over and self._step(parts):
            pass
        said = self._said("".join(parts))
        self._unspoken = 0 if said else self._unspoken + len(piece)
        if len(self._text) >= MAX_CHARACTERS or self._unspoken > MAX_UNSPOKEN:
            self._state = _State.OVER
        return said

    def finish(self) -> list[str | After]:
        """The rest; an unfinished thought stays a thought."""
        is_speech = self._state in (_State.BEGINNING, _State.SPEAKING)
        said = self._said(self._held if is_speech else "")
        return [*said, self._after] if self._after else said

    def _step(self, parts: list[str]) -> bool:
        """Take one part out of what is held; False where more has to come first."""
        match self._state:
            case _State.BEGINNING:
                return self._begin()
            case _State.THINKING:
                return self._think()
        at = self._next_opening()
        parts.append(self._held[:at])
        self._held = self._held[at:]
        if self._held.startswith("["):
            return self._mark(parts)
        tag = next((tag for tag in _TAGS if self._held.startswith(tag)), "")
        self._held = self._held[len(tag) :]
        if tag == _THOUGHT:
            self._state = _State.THINKING
        elif tag and tag != "</think>":  # a template may leave out where the thought begins
            self._state = _State.OVER
        return bool(tag)

    def _begin(self) -> bool:
        if _DATA.match(self._held):
            self._state = _State.OVER
        elif not _PERHAPS_DATA.fullmatch(self._held):
            self._state = _State.SPEAKING
        return self._state is not _State.BEGINNING

    def _think(self) -> bool:
        _, closed, rest = self._held.partition("</think>")
        self._held = rest.lstrip() if closed else self._held[-len("</think>") :]
        if closed:
            self._state = _State.SPEAKING if self._text else _State.BEGINNING
        return bool(closed)

    def _next_opening(self) -> int:
        """Where a tag or a mark begins, or may begin with what comes next."""
        for at, letter in enumerate(self._held):
            if letter == "[" or (letter == "<" and _may_be_tag(self._held[at:])):
                return at
        return len(self._held)

    def _mark(self, parts: list[str]) -> bool:
        end = self._held.find("]") + 1
        if not end and len(self._held) < self._LONGEST_MARK:
            return False
        end = end or 1
        mark = re.sub(r"[\s_-]+", " ", self._held[:end].casefold())
        self._after = self._allowed.get(mark)
        if self._after or mark == _TOOL_MARK:
            self._state = _State.OVER
        elif mark not in _MARKS.values():
            parts.append(self._held[:end])
        self._held = self._held[end:]
        return True

    def _said(self, text: str) -> list[str | After]:
        text = text[: MAX_CHARACTERS - len(self._text)]
        if not self._text:
            text = text.lstrip()
        self._text += text
        return [text] if text else []


class _State(Enum):
    BEGINNING = "beginning"
    SPEAKING = "speaking"
    THINKING = "thinking"
    OVER = "over"


def _may_be_tag(text: str) -> bool:
    return any(text.startswith(tag) or tag.startswith(text) for tag in _TAGS)


class PerLoop(Generic[T]):
    """One client per event loop: connections cannot move from one loop to another."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            self._made[loop] = self._make()
        return self._made[loop]


def bounded_transport(http: Any, tls: SSLContext, socket: str | None = None) -> Any:
    """Straight to the server, no proxy, and no answer above MAX_WIRE_BYTES.

    `http` is the library the client was written for: httpx, or its successor httpx2. `tls` is
    its create_ssl_context(), called where no call waits: reading all the world's certificates
    takes 30 ms. `socket` is a server's path in the file system.
    """

    class BoundedStream(http.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            received = 0
            async for piece in self._stream:
                received += len(piece)
                if received > MAX_WIRE_BYTES:
                    raise EngineFailed(f"the server sent more than {MAX_WIRE_BYTES} bytes")
                yield piece

        async def aclose(self) -> None:
            """A call that is cancelled in here would leave the connection open, and the server
            talking to nobody: the libraries shield it from their own cancelling alone."""
            closing = asyncio.create_task(self._stream.aclose())
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)
            await asyncio.shield(closing)

    class BoundedTransport(http.AsyncHTTPTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            response = await super().handle_async_request(request)
            response.stream = BoundedStream(response.stream)
            return response

    return BoundedTransport(verify=tls, uds=socket)
