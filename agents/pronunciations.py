"""How words are to be said, as people write it down: one a line, "word = how to say it"."""

Pronunciations = tuple[tuple[str, str], ...]


class UnreadableLine(Exception):
    """The text names the line and shows how it should look."""


def parse(text: str) -> Pronunciations:
    """(as written, as to be said), in their order. Raises UnreadableLine."""
    said: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        word, sign, way = (part.strip() for part in line.partition("="))
        if not (word and sign and way):
            raise UnreadableLine(
                f"Line {number}, “{line.strip()}”, needs a word, the sign = and how to say it, "
                "as in: Nguyen = win"
            )
        if word in said:
            raise UnreadableLine(f"Line {number} is a second one for “{word}”. Keep one of them.")
        said[word] = way
    return tuple(said.items())


def written(pronunciations: Pronunciations) -> str:
    return "\n".join(f"{word} = {way}" for word, way in pronunciations)
