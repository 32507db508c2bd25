"""The secrets of one installation: made at the first start, kept in `var/`, never committed."""

import json
import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "MEDIA_PASSWORD", "AMI_PASSWORD", "SIP_PASSWORD")


def load(var_dir: Path) -> dict[str, str]:
    """The installation's secrets, made where they are missing. Raises OSError."""
    path = var_dir / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in NAMES if name not in kept]
    if missing:
        kept |= {name: secrets.token_urlsafe(40) for name in missing}
        _write_private(path, json.dumps(kept, indent=1))
    return kept


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
