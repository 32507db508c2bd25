"""How patient the agent is. Every time is in milliseconds; 0 where it says so means never."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    # while the caller thinks
    min_speech_ms: int = 80  # shorter is a click, not a word
    done_ms: int = 200  # of silence after words that are complete
    endpoint_ms: int = 600  # after words that may go on, or are not known; sooner after a sentence
    hanging_ms: int = 1_400  # after words that no turn ends with
    preroll_ms: int = 300  # kept from before speech was certain
    max_utterance_ms: int = 30_000
    idle_ms: int = 8_000
    idle_prompts: int = 2

    # working ahead
    early_ms: int = 0  # of silence, then what there is is recognised; 0: at the turn's end
    partial_ms: int = 0  # recognised anew so often while the caller speaks; 0: not at all
    drafts: int = 0  # replies begun ahead, at most, in one turn of the caller

    # while the agent talks
    can_interrupt: bool = True
    mute_ms: int = 100  # of speech, then the agent falls silent and listens
    barge_in_ms: int = 800  # of speech, then it was an interruption whatever the words
    barge_in_words: int = 1  # as many words that are no "mm-hm" are one, too
    hears_stop_words: bool = False  # there are words that stop it even if nothing else does

    # never silent, never stuck
    filler_ms: int = 1_200  # from the end of the turn; 0: no filler
    retry_ms: int = 3_000  # then whatever is stuck is begun again; 0: not
    first_audio_ms: int = 6_000  # from end of turn (or start of a line) to first audio
    stall_ms: int = 3_000  # without any audio while speaking
    max_reply_ms: int = 60_000  # nobody listens longer
    max_call_ms: int = 30 * 60_000
    closing_ms: int = 15_000  # for the last sentence, then the line is cut
    failures: int = 2  # failed turns in a row before the caller is handed over

    # keys
    digit_pause_ms: int = 1_500
    has_secrets: bool = False  # the agent may ask for keys that nobody is told
    secret_pause_ms: int = 4_000  # between two keys of a secret; people read it off a card
