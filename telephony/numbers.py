"""Who is called when an agent cannot answer, where the dialplan finds it by itself.

The database is the truth; this is a copy that still serves when everything of ours is
down. The dialplan reads it at each use, so a new number needs no reload.
"""

from pathlib import Path

from django.conf import settings

from agents.models import PhoneNumber
from telephony.asterisk_files import write_private

HEADER = "; Written whenever a number is saved; changes made here are lost.\n"


def write_fallbacks() -> Path:
    """Write every number in service with its human; the file. Raises OSError.

    Providers deliver the same number with and without the leading plus: both find it.
    """
    numbers = PhoneNumber.objects.filter(is_active=True).order_by("number")
    humans = dict(numbers.values_list("number", "human"))
    humans = {_other_spelling(number): human for number, human in humans.items()} | humans
    sections = [_section(number, human) for number, human in sorted(humans.items())]
    path = Path(settings.ASTERISK_DIR) / "etc" / "numbers.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, HEADER + "".join(sections))
    return path


def _other_spelling(number: str) -> str:
    return number[1:] if number.startswith("+") else f"+{number}"


def _section(number: str, human: str) -> str:
    return f"\n[{_digits(number)}]\nin_service = yes\nhuman = {_digits(human)}\n"


def _digits(text: str) -> str:
    """Digits and + alone get through, whatever the row holds."""
    return "".join(character for character in text if character in "+0123456789")
