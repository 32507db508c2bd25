"""The documents name what is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

PAGES = sorted(
    [*settings.BASE_DIR.glob("*.md"), *(settings.BASE_DIR / "docs").rglob("*.md")], key=str
)
SOURCES = [
    "run",
    "deploy/bootstrap.py",
    "asterisk/get",
    "voiceadmin/settings.py",
]


def test_every_setting_is_listed():
    listed = (settings.BASE_DIR / "docs" / "settings.md").read_text()
    named = set()
    for source in SOURCES:
        text = (settings.BASE_DIR / source).read_text()
        named |= set(re.findall(r"\bVOICEADMIN_[A-Z_]+[A-Z]\b", text))
        named |= set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text))
    assert named > {"VOICEADMIN_VAR", "DATABASE_URL", "VOICEADMIN_HTTP_PORT"}
    assert sorted(name for name in named if f"`{name}`" not in listed) == []


def test_no_setting_is_listed_that_is_not_read():
    listed = (settings.BASE_DIR / "docs" / "settings.md").read_text()
    sources = "".join((settings.BASE_DIR / source).read_text() for source in SOURCES)
    names = set(re.findall(r"`([A-Z][A-Z_]+)`", listed)) - {"INFO"}
    assert sorted(name for name in names if name not in sources) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_source_s_pointers_to_documents_lead_somewhere():
    lost = []
    for folder in ("agents", "asterisk", "inference", "records", "telephony", "voiceadmin"):
        for path in (settings.BASE_DIR / folder).rglob("*"):
            if path.suffix in (".py", ".conf", ".html") or path.name == "get":
                pages = re.findall(r"docs/[\w/-]+\.md", path.read_text())
                lost += [
                    f"{path.name}: {page}"
                    for page in pages
                    if not (settings.BASE_DIR / page).exists()
                ]
    assert lost == []
