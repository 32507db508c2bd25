"""What was said and heard in a call, as the language model is told.

The agent's words count as far as the caller heard them: a reply that was cut off is in the
history up to the cut, so the model neither repeats nor assumes what nobody heard.
"""

from dataclasses import dataclass, field

from inference.engines.base import Speaker, Utterance

TURNS_KEPT = 40
DROPPED_AT_ONCE = 20  # a server that remembers how the talk began has to read it anew then


@dataclass(slots=True)
class History:
    _said: list[Utterance] = field(default_factory=list)

    def caller_said(self, text: str, *, continues: bool = False) -> None:
        """`continues`: together with the caller's last words, of which this is the whole."""
        self._said = self._before(continues)
        self._said.append(Utterance(Speaker.CALLER, text))

    def agent_was_heard(self, text: str) -> None:
        if text:
            self._said.append(Utterance(Speaker.AGENT, text))

    def last_reply(self) -> str:
        """The agent's last words that were heard."""
        heard = (said.text for said in reversed(self._said) if said.speaker is Speaker.AGENT)
        return next(heard, "")

    def for_model(self, text: str = "", *, continues: bool = False) -> tuple[Utterance, ...]:
        """With this text of the caller as the last, if any, without keeping it."""
        said = self._before(continues)
        if text:
            said.append(Utterance(Speaker.CALLER, text))
        too_many = max(0, len(said) - TURNS_KEPT)
        return tuple(said[-(-too_many // DROPPED_AT_ONCE) * DROPPED_AT_ONCE :])

    def _before(self, continues: bool) -> list[Utterance]:
        """Without the caller's last words, and what was heard in answer, if these go on."""
        if not continues:
            return list(self._said)
        last = len(self._said)
        while last and self._said[last - 1].speaker is Speaker.AGENT:
            last -= 1
        return self._said[: max(0, last - 1)]
