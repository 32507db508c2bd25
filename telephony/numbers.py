"""Who is called when an agent cannot answer or has no room, where the dialplan finds it.

The database is the truth; this is a copy that still serves when everything of ours is
down. The dialplan reads it at each use, so a new number needs no reload.
"""

from pathlib import Path

from django.conf import settings

from agents.models import PhoneNumber
from telephony.asterisk_files import write_private

HEADER = "; Written whenever a number is saved; changes made here are lost.\n"


def write_fallbacks() -> Path:
    """Write every number in service with its human and its overflow; the file. Raises OSError.

    Providers deliver the same number with and without the leading plus: both find it.
    """
    numbers = PhoneNumber.objects.filter(is_active=True).order_by("number")
    sections = {number.number: _section(number) for number in numbers}
    sections = {_other_spelling(number): text for number, text in sections.items()} | sections
    named = [f"\n[{_digits(number)}]\n{text}" for number, text in sorted(sections.items())]
    path = Path(settings.ASTERISK_DIR) / "etc" / "numbers.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, HEADER + "".join(named))
    return path


def _other_spelling(number: str) -> str:
    return number[1:] if number.startswith("+") else f"+{number}"


def _section(number: PhoneNumber) -> str:
    others = f"human = {_digits(number.human)}\noverflow = {_digits(number.overflow)}\n"
    return f"in_service = yes\n{others}"


def _digits(text: str) -> str:
    """Digits and + alone get through, whatever the row holds."""
    return "".join(character for character in text if character in "+0123456789")
