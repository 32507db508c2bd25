"""Ines gives an agent a number; Asterisk knows of it when the page comes back."""

from pathlib import Path

import pytest
from django.test import Client

from agents.models import PhoneNumber
from tests.clinic import clinic, ines_office_manager

pytestmark = pytest.mark.django_db
ADD = "/admin/agents/phonenumber/add/"


@pytest.fixture
def ines() -> Client:
    client = Client()
    client.force_login(ines_office_manager())
    return client


@pytest.fixture
def asterisk_dir(tmp_path: Path, settings) -> Path:
    settings.ASTERISK_DIR = tmp_path / "asterisk"
    return settings.ASTERISK_DIR


def test_a_new_number_reaches_asterisk_with_its_person(ines: Client, asterisk_dir: Path):
    data = {"number": "+49 30 2000", "agent": clinic().pk, "human": "2001", "overflow": "+49 2002"}

    assert ines.post(ADD, data | {"is_active": "on"}).status_code == 302

    told = (asterisk_dir / "etc" / "numbers.conf").read_text()
    assert "[+49302000]" in told
    assert "human = 2001\noverflow = +492002\n" in told


def test_a_number_that_is_switched_off_or_deleted_is_forgotten(ines: Client, asterisk_dir: Path):
    agent = clinic()
    number = PhoneNumber.objects.get()
    page = f"/admin/agents/phonenumber/{number.pk}"
    told = asterisk_dir / "etc" / "numbers.conf"

    ines.post(f"{page}/change/", {"number": "1000", "agent": agent.pk, "is_active": "on"})
    assert "[1000]" in told.read_text()
    ines.post(f"{page}/change/", {"number": "1000", "agent": agent.pk})
    assert "[1000]" not in told.read_text()
    ines.post(f"{page}/change/", {"number": "1000", "agent": agent.pk, "is_active": "on"})
    ines.post(f"{page}/delete/", {"post": "yes"})
    assert "[1000]" not in told.read_text()


def test_a_number_is_saved_though_asterisks_folder_cannot_be_written(
    ines: Client, asterisk_dir: Path
):
    asterisk_dir.write_text("a file where the folder should be")

    answer = ines.post(ADD, {"number": "2000", "agent": clinic().pk}, follow=True)

    assert PhoneNumber.objects.filter(number="2000").exists()
    assert "Asterisk was not told" in answer.content.decode()
