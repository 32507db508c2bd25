"""A small trigram language model, written down as ARPA text.

It expects the given sentences, and through backing off any sequence of the known words:
those of the sentences and the everyday ones. Absolute discounting, nothing cleverer; a few
hundred sentences train it in milliseconds.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

BEGIN, END = "<s>", "</s>"
_NEVER = -99.0  # ARPA's log of nothing

Gram = tuple[str, ...]


def trigrams(
    sentences: Iterable[Sequence[str]],
    everyday: Mapping[str, float],
    *,
    everyday_share: float,
    discount: float,
) -> str:
    """The model as ARPA text.

    `everyday` are words with their share of speech; together they get `everyday_share` of what
    is expected where no sentence says what comes next. `discount` is taken from each count for
    words in an order that no sentence has: 0 believes the sentences, 1 hardly does.
    """
    counts: dict[int, Counter[Gram]] = {1: Counter(), 2: Counter(), 3: Counter()}
    for words in sentences:
        padded = (BEGIN, *words, END)
        for order, counter in counts.items():
            counter.update(padded[at : at + order] for at in range(len(padded) - order + 1))
    del counts[1][(BEGIN,)]  # begins, never follows
    known = {1: _unigrams(counts[1], everyday, everyday_share)}
    weights: dict[Gram, float] = {}
    for order in (2, 3):
        known[order], grown = _longer(counts[order], known[order - 1], discount)
        weights |= grown
    known[1][(BEGIN,)] = 0.0
    return _written(known, weights)


def _unigrams(
    counts: Counter[Gram], everyday: Mapping[str, float], share: float
) -> dict[Gram, float]:
    total, whole = counts.total(), sum(everyday.values()) or 1.0
    chances = {gram: (1 - share) * count / total for gram, count in counts.items()}
    for word, part in everyday.items():
        chances[(word,)] = chances.get((word,), 0.0) + share * part / whole
    return chances


def _longer(
    counts: Counter[Gram], shorter: Mapping[Gram, float], discount: float
) -> tuple[dict[Gram, float], dict[Gram, float]]:
    """Chances of n-grams given those one word shorter, and the weights of backing off."""
    following: dict[Gram, dict[Gram, int]] = defaultdict(dict)
    for gram, count in counts.items():
        following[gram[:-1]][gram] = count
    chances: dict[Gram, float] = {}
    back: dict[Gram, float] = {}
    for history, grams in following.items():
        total = sum(grams.values())
        for gram, count in grams.items():
            chances[gram] = (count - discount) / total
        covered = sum(shorter[gram[1:]] for gram in grams)
        back[history] = discount * len(grams) / total / max(1 - covered, 1e-6)
    return chances, back


def _written(known: Mapping[int, Mapping[Gram, float]], weights: Mapping[Gram, float]) -> str:
    lines = ["\\data\\", *(f"ngram {order}={len(grams)}" for order, grams in known.items())]
    for order, grams in known.items():
        lines += ["", f"\\{order}-grams:"]
        for gram in sorted(grams):
            line = f"{_log(grams[gram]):.4f}\t{' '.join(gram)}"
            lines.append(f"{line}\t{_log(weights.get(gram, 1.0)):.4f}" if order < 3 else line)
    return "\n".join([*lines, "", "\\end\\", ""])


def _log(chance: float) -> float:
    return math.log10(chance) if chance > 0 else _NEVER
