"""Plain text out of what a language model writes.

A model writes for a screen: headings, lists, bold, tables, links, emoji. This cleaner stands
between it and everything else, so that neither the voice nor the transcript ever holds them.

Text comes in pieces of any size. What comes out never depends on how it was cut: a rule decides
only when the text it rests on has come whole, and until then holds back that text and nothing
before it. Words come through at once.
"""

import html
import re
from collections.abc import Callable
from typing import ClassVar

from inference.wording.characters import PICTURE, visible

LONGEST_TAG = 120  # a "<" that has not closed by then was no tag
LONGEST_TARGET = 1_000  # the same for a link's address

_WORDS = re.compile(r"[A-Za-z0-9,.?;'\"()%$/@:+-]+")
_BULLETS = "*+•‣◦▪●–—-"
_LINE_MARKS = frozenset(f" #=_|:>~`{PICTURE}{_BULLETS}")
_LINE_START = re.compile(rf"[ {PICTURE}]*(?:(?:>|#{{1,6}}(?= )|[{_BULLETS}](?= ))[ {PICTURE}]*)*")
_LIST_NUMBER = re.compile(r"([0-9]{1,3})([.)]?)")
_FENCE = re.compile(r" *(?:`{3,}|~{3,})")
_FENCE_LANGUAGE = re.compile(r"[\w+#.-]*")
_REFERENCE = re.compile(r"\[(?:\^[^\]\s]*|[0-9]{1,3}|[ xX])\]")
_REFERENCE_BEGUN = re.compile(r"\[(?:\^[^\]\s]*|[0-9]{1,3}|[ xX])?")
_TARGET = re.compile(
    r"""\((?:[^\s()]|\([^\s()]*\))*(?: +(?:"[^"\n]*"|'[^'\n]*'))? *\)|\[[^\]\n]*\]"""
)
_TARGET_BEGUN = re.compile(
    r"""\((?:[^\s()]|\([^\s()]*\))*(?:\([^\s()]*|(?: +(?:"[^"\n]*"?|'[^'\n]*'?)?)? *)"""
    r"""|\[[^\]\n]*"""
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_ENTITY_BEGUN = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{0,7}|[A-Za-z][A-Za-z0-9]{0,30})?")
_SIGNS_OF_ENTITIES = frozenset("&'\"-–—…«»°§€$£¥%")
_TAG = re.compile(r"<[/!]?([A-Za-z][\w-]*)[^<>]*>")
_ADDRESS = re.compile(r"<([\w.%+-]+@[\w.-]+|[A-Za-z][A-Za-z+.-]*:[\w./?=&%#~:;,@+-]+)>")
_BLOCK_TAGS = frozenset(
    (
        "br",
        "div",
        "dd",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "table",
        "td",
        "tr",
        "ul",
    )
)
_UNSPOKEN = {  # with all they hold
    name: re.compile(f"</{name}>", re.IGNORECASE)
    for name in ("script", "style", "think", "thinking")
}
_COMMENT_END = re.compile("-->")
_LONGEST_END = len("</thinking>")
_CLOSERS = frozenset(",.;:!?")

WAIT = 0


class Plain:
    """Takes a model's text as it comes, gives what of it can be said."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._held = ""  # not yet decided
        self._is_all = False  # nothing follows what is held
        self._out: list[str] = []
        self._last = "\n"  # the last character given
        self._before = "\n"  # the last character read, markup aside
        self._space = False  # one is due before the next word
        self._cell = False  # so is a comma: a table's next cell begins
        self._dropped = False  # something went since the last character given
        self._at_line_start = True
        self._list_number = 0
        self._unspoken_until: re.Pattern[str] | None = None

    def push(self, text: str) -> str:
        self._held += visible(text)
        return self._take()

    def rest(self) -> str:
        """What was held back, when the text is complete. The next text may follow."""
        self._is_all = True
        text = self._take()
        self._begin()
        return text

    @property
    def has_ended_sentence(self) -> bool:
        """Whether a space that is not given yet makes the last stop the end of a sentence."""
        return self._space and self._last in ".!?…"

    def _take(self) -> str:
        at = 0
        while at < len(self._held) and (used := self._step(at)) != WAIT:
            at += used
        self._held = self._held[at:]
        text = "".join(self._out)
        self._out.clear()
        return text

    def _step(self, at: int) -> int:
        """Decides the text from there on; how many characters that took, or WAIT."""
        if self._unspoken_until:
            return self._skip_unspoken(self._unspoken_until, at)
        if self._at_line_start:
            return self._line_start(at)
        if match := _WORDS.match(self._held, at):
            self._give(match[0])
            return match.end() - at
        if rule := self._RULES.get(self._held[at]):
            return rule(self, at)
        self._give(self._held[at])
        return 1

    def _may_go_on(self, at: int) -> bool:
        """What reaches up to there may be only the beginning."""
        return at >= len(self._held) and not self._is_all

    # --- the beginning of a line ------------------------------------------------------

    def _line_start(self, at: int) -> int:
        end = at
        while end < len(self._held) and self._held[end] in _LINE_MARKS:
            end += 1
        if self._may_go_on(end):
            return WAIT
        if fence := _FENCE.match(self._held, at, end):
            return self._fence(at, fence.end())
        if end == len(self._held) or self._held[end] == "\n":
            return self._line_of_marks(at, end)
        marks = _LINE_START.match(self._held, at, end)
        begin = marks.end() if marks else at
        if begin == end and self._held[end].isdecimal():
            number_end = self._list_number_end(end)
            if number_end is None:
                return WAIT
            begin = number_end
        self._at_line_start = False
        if begin == at:
            return self._step(at)
        self._drop()
        return begin - at

    def _line_of_marks(self, at: int, end: int) -> int:
        """A rule, the line under a heading, the one under a table's head, or nothing."""
        self._at_line_start = False
        return end - at or self._new_line(at)

    def _fence(self, at: int, end: int) -> int:
        """A fence and its language's name. ``` with more behind it is no fence."""
        language = _FENCE_LANGUAGE.match(self._held, end)
        line_end = language.end() if language else end
        if self._may_go_on(line_end):
            return WAIT
        self._at_line_start = False
        if line_end == len(self._held) or self._held[line_end] == "\n":
            return line_end - at
        return end - at

    def _list_number_end(self, at: int) -> int | None:
        """Where a list's next number ("2.") ends, or None when that cannot be told yet.

        Lists count from one, so that "2026. " and "3. April" stay.
        """
        match = _LIST_NUMBER.match(self._held, at)
        if not match:
            return at
        end = match.end()
        if self._may_go_on(end):
            return None
        if not match[2] or self._held[end : end + 1] not in (" ", "\n"):
            return at
        if int(match[1]) not in (1, self._list_number + 1):
            return at
        self._list_number = int(match[1])
        return end

    # --- marks inside a line ----------------------------------------------------------

    def _new_line(self, _at: int) -> int:
        if self._last != "\n":
            self._out.append("\n")
        self._last = self._before = "\n"
        self._space = self._cell = self._dropped = False
        self._at_line_start = True
        return 1

    def _blank(self, _at: int) -> int:
        self._space = True
        self._before = " "
        return 1

    def _drop(self, _at: int = 0) -> int:
        self._dropped = True
        return 1

    def _run(self, at: int) -> int:
        """Some of the same: _ ~ = #. They stay where they are part of a word or an address."""
        mark = self._held[at]
        end = at
        while end < len(self._held) and self._held[end] == mark:
            end += 1
        if self._may_go_on(end):
            return WAIT
        if end - at == 1 and _belongs(mark, self._before, self._held[end : end + 1]):
            self._give(mark)
        else:
            self._drop()
        return end - at

    def _cell_edge(self, _at: int) -> int:
        self._cell = self._space = self._last != "\n"
        return self._drop()

    def _bracket(self, at: int) -> int:
        begun = _REFERENCE_BEGUN.match(self._held, at)
        if begun and self._may_go_on(begun.end()):
            return WAIT
        self._drop()
        if reference := _REFERENCE.match(self._held, at):
            inside = len(reference[0]) - 1
            used = self._bracket_end(at + inside)
            return inside + used if used != WAIT else WAIT
        return 1

    def _bracket_end(self, at: int) -> int:
        """The end of a link's text: its address goes too."""
        if self._may_go_on(at + 1):
            return WAIT
        self._drop()
        until = min(at + 1 + LONGEST_TARGET, len(self._held))
        if target := _TARGET.match(self._held, at + 1, until):
            return target.end() - at
        if until < at + 1 + LONGEST_TARGET and _TARGET_BEGUN.fullmatch(self._held, at + 1):
            return len(self._held) - at if self._is_all else WAIT
        return 1

    def _tag(self, at: int) -> int:
        if self._may_go_on(at + 1):
            return WAIT
        if self._held[at + 1 : at + 2].isdecimal() or self._held[at + 1 : at + 2] in (" ", ""):
            self._give("<")
            return 1
        self._drop()
        if self._held.startswith("<!--", at):
            self._unspoken_until = _COMMENT_END
            return len("<!--")
        if self._held.find(">", at, at + LONGEST_TAG) < 0:
            return WAIT if self._may_go_on(at + LONGEST_TAG) else 1
        if address := _ADDRESS.match(self._held, at):
            self._give(address[1])
            return len(address[0])
        if tag := _TAG.match(self._held, at):
            self._tagged(tag[1].lower(), is_end=self._held[at + 1] == "/")
            return len(tag[0])
        return 1

    def _tagged(self, name: str, is_end: bool) -> None:
        if name in _BLOCK_TAGS:
            self._new_line(0)
        elif not is_end:
            self._unspoken_until = _UNSPOKEN.get(name)

    def _skip_unspoken(self, until: re.Pattern[str], at: int) -> int:
        if end := until.search(self._held, at):
            self._unspoken_until = None
            return end.end() - at
        kept = 0 if self._is_all else _LONGEST_END - 1
        return max(len(self._held) - at - kept, WAIT)

    def _entity(self, at: int) -> int:
        begun = _ENTITY_BEGUN.match(self._held, at)
        if begun and self._may_go_on(begun.end()):
            return WAIT
        entity = _ENTITY.match(self._held, at)
        if not entity:
            self._give("&")
            return 1
        for character in visible(html.unescape(entity[0])):
            if character == " ":
                self._blank(at)
            elif character.isalnum() or character in _SIGNS_OF_ENTITIES:
                self._give(character)
            else:
                self._drop()
        return len(entity[0])

    def _exclamation(self, at: int) -> int:
        """An image's "!" goes with its brackets."""
        if self._may_go_on(at + 1):
            return WAIT
        if self._held[at + 1 : at + 2] == "[":
            return self._drop()
        self._give("!")
        return 1

    # --- what comes out ---------------------------------------------------------------

    def _give(self, text: str) -> None:
        """Text with all that is due before it."""
        if self._last != "\n":
            if self._cell and self._last not in _CLOSERS and text[0] not in _CLOSERS:
                self._out.append(",")
            if self._space and not (self._dropped and text[0] in _CLOSERS):
                self._out.append(" ")
        self._out.append(text)
        self._last = self._before = text[-1]
        self._space = self._cell = self._dropped = False

    _RULES: ClassVar[dict[str, Callable[["Plain", int], int]]] = {
        **dict.fromkeys(f"*`\\^{PICTURE}", _drop),
        **dict.fromkeys("_~=#", _run),
        "\n": _new_line,
        " ": _blank,
        "|": _cell_edge,
        "[": _bracket,
        "]": _bracket_end,
        "<": _tag,
        "&": _entity,
        "!": _exclamation,
    }


def _belongs(mark: str, before: str, after: str) -> bool:
    if mark == "_":
        return before.isalnum() and (after.isalnum() or after == "@")
    if mark == "#":
        return before.isalnum() or after.isdecimal()
    return True
