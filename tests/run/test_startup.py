"""What is looked at before anything is started, and what is told."""

import socket
import stat
from uuid import UUID

import pytest
from django.contrib.auth import authenticate

from voiceadmin import startup
from voiceadmin.startup import CannotStart


@pytest.fixture
def free_ports(settings):
    """Ports of our own for every listener."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    settings.HTTP_PORT, settings.SIP_PORT, settings.AMI_PORT = (
        held.getsockname()[1] for held in sockets
    )
    for held in sockets:
        held.close()


def test_free_ports_are_fine(free_ports):
    startup.check_ports()


@pytest.mark.parametrize(
    ("name", "kind", "setting"),
    [
        ("HTTP_PORT", socket.SOCK_STREAM, "VOICEADMIN_HTTP_PORT"),
        ("SIP_PORT", socket.SOCK_DGRAM, "VOICEADMIN_SIP_PORT"),
        ("AMI_PORT", socket.SOCK_STREAM, "VOICEADMIN_AMI_PORT"),
    ],
)
def test_a_taken_port_is_named_with_its_setting(settings, free_ports, name, kind, setting):
    port = getattr(settings, name)
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(CannotStart, match=f"Port {port} .*{setting}={port + 1} ./run"):
            startup.check_ports()


def test_an_address_of_another_machine_is_named(settings, free_ports):
    settings.HTTP_HOST = "192.0.2.10"
    with pytest.raises(CannotStart, match=r"VOICEADMIN_HTTP_HOST is 192\.0\.2\.10"):
        startup.check_ports()


def test_a_second_one_is_told_where_the_first_runs(settings):
    with startup.the_only_one():
        told = pytest.raises(CannotStart, match=r"already runs.*process \d+.*Ctrl-C")
        with told, startup.the_only_one():
            pass
    with startup.the_only_one():
        pass
    assert not (settings.VAR_DIR / "up.pid").exists()


def test_what_a_killed_one_left_stops_nobody(settings):
    (settings.VAR_DIR / "up.pid").write_text("1")
    with startup.the_only_one():
        pass


def test_the_first_password_works_and_is_told_once(db):
    first = startup.first_login()
    assert authenticate(username=first.username, password=first.password).is_superuser
    assert first.password in str(first)
    second = startup.first_login()
    assert second.password == ""
    assert "./run manage changepassword admin" in str(second)


def test_an_administrator_of_another_name_is_kept(db, django_user_model):
    django_user_model.objects.create_superuser("ada", password="a long password")
    assert startup.first_login() == startup.Login("ada")


def test_the_softphone_account_is_for_its_owner_alone(settings):
    startup.write_softphone()
    path = startup.softphone_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert settings.SIP_PASSWORD in path.read_text()


def test_the_welcome_names_all_doors(settings):
    call = UUID(int=7)
    text = startup.welcome(startup.Login("admin", "secret"), call)
    assert f"{settings.PUBLIC_URL}/admin/\n" in text
    assert f"{settings.PUBLIC_URL}/admin/records/call/{call}/change/" in text
    assert "sip:1000@127.0.0.1:5060" in text
    assert "secret" in text


def test_a_full_disk_is_told_before_the_start(settings, monkeypatch):
    monkeypatch.setattr(startup, "NEEDED_MB", 10**9)
    with pytest.raises(CannotStart, match="too little to record calls"):
        startup.check_space()
