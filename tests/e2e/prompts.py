"""Asterisk's prompts as human callers: what they say is published beside them."""

import gzip
import re
from functools import cache

from telephony import asterisk


@cache
def _published() -> dict[str, str]:
    shared = asterisk.find().data_dir.parent
    page = shared / "doc" / "asterisk-core-sounds-en" / "core-sounds-en.txt.gz"
    lines = gzip.decompress(page.read_bytes()).decode(errors="replace").splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith(";"))
    return {name.strip(): words.strip() for name, _, words in pairs}


def names() -> list[str]:
    """Of all prompts whose words are published; not every one is among the files."""
    return sorted(_published())


def words(prompt: str) -> str:
    """What the prompt says, as a question's wording: no punctuation."""
    return " ".join(re.findall(r"[\w']+", _published()[prompt].lower()))
