"""Which Asterisk is used, and a configuration that says what the settings say."""

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Agent, PhoneNumber, Voice
from telephony import asterisk
from telephony.asterisk import AsteriskMissing, AsteriskTooOld, Install
from telephony.asterisk_install import numbers
from telephony.numbers import write_fallbacks

GET = settings.BASE_DIR / "asterisk" / "get"


@pytest.fixture
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("telephony.asterisk_install.ALSO", str(tmp_path))
    with override_settings(ASTERISK_DIST=tmp_path / "dist"):
        yield tmp_path


@pytest.fixture
def install(tmp_path) -> Install:
    return Install(tmp_path / "run-asterisk", "22.10.1", tmp_path / "modules", tmp_path / "data")


@pytest.fixture
def folder(tmp_path):
    with override_settings(ASTERISK_DIR=tmp_path / "asterisk"):
        yield tmp_path / "asterisk"


def rendered(folder: Path, name: str) -> str:
    return (folder / "etc" / name).read_text()


def pretend_installed(folder: Path, version: str) -> None:
    program = folder / "asterisk"
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    program.chmod(0o755)


# --- which one --------------------------------------------------------------------------


def test_without_one_the_way_to_get_one_is_named(nothing_installed):
    with pytest.raises(AsteriskMissing, match="python3 asterisk/get"):
        asterisk.find()


@pytest.mark.parametrize("version", ["16.28.0~dfsg-0+deb11u4", "22.7.0", "20.18.0"])
def test_an_installed_one_that_is_too_old_is_refused_with_the_reason(nothing_installed, version):
    pretend_installed(nothing_installed, version)
    with pytest.raises(AsteriskTooOld, match=r"22\.8 is the oldest.*asterisk/get"):
        asterisk.find()


def test_the_one_we_fetched_serves_where_the_installed_one_is_too_old(nothing_installed):
    pretend_installed(nothing_installed, "22.7.0")
    dist = nothing_installed / "dist"
    (dist / "usr/lib/x86_64-linux-gnu/asterisk/modules").mkdir(parents=True)
    (dist / "asterisk-version").write_text("22.10.1\n")
    assert asterisk.find().command == dist / "run-asterisk"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1)),
        ("certified/22.8-cert1", (22, 8)),
        ("GIT-master", ()),
    ],
)
def test_a_version_is_compared_as_numbers(text, version):
    assert numbers(text) == version


# --- its configuration ------------------------------------------------------------------


def test_every_secret_is_readable_by_us_alone(folder, install):
    asterisk.render(install)
    for path in (folder / "etc").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert (folder / "etc").stat().st_mode & 0o777 == 0o700
    assert (folder / "run").stat().st_mode & 0o777 == 0o700


def test_large_ports_are_written_as_numbers(folder, install):
    with override_settings(SIP_PORT=35060, HTTP_PORT=38000, USE_THOUSAND_SEPARATOR=True):
        asterisk.render(install)
    assert "bind = 127.0.0.1:35060" in rendered(folder, "pjsip.conf")
    assert "uri = ws://127.0.0.1:38000/media\n" in rendered(folder, "websocket_client.conf")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "ws://127.0.0.1:8000/media"),
        ("::", "ws://[::1]:8000/media"),
        ("::1", "ws://[::1]:8000/media"),
        ("agents.internal", "ws://agents.internal:8000/media"),
    ],
)
def test_the_media_address_never_ends_in_a_slash(host, url):
    with override_settings(HTTP_HOST=host, HTTP_PORT=8000, MEDIA_PATH="media/"):
        assert asterisk.media_url() == url


def test_nothing_listens_beyond_this_machine_by_default(folder, install):
    asterisk.render(install)
    assert "bindaddr = 127.0.0.1" in rendered(folder, "manager.conf")
    assert "permit = 127.0.0.0/255.0.0.0" in rendered(folder, "manager.conf")
    assert "bind_rtp_to_media_address = yes" in rendered(folder, "pjsip.conf")
    assert "[trunk]" not in rendered(folder, "pjsip.conf")


def test_a_trunk_is_called_and_recognised(folder, install):
    trunk = {
        "SIP_TRUNK_HOST": "sip.example.net:5061",
        "SIP_TRUNK_USER": "clinic",
        "SIP_TRUNK_PASSWORD": "trunk-secret",
    }
    with override_settings(**trunk):
        asterisk.render(install)
        assert asterisk.outbound_channel("+4930") == "PJSIP/+4930@trunk"
    text = rendered(folder, "pjsip.conf")
    assert "contact = sip:sip.example.net:5061" in text
    assert "match = sip.example.net\n" in text
    assert "server_uri = sip:sip.example.net:5061" in text
    assert "Dial(PJSIP/${HUMAN}@trunk,30)" in rendered(folder, "extensions.conf")


@pytest.mark.parametrize(
    "setting", ["SIP_PASSWORD", "MEDIA_PASSWORD", "AMI_PASSWORD", "SIP_HOST", "SIP_TRUNK_HOST"]
)
@given(value=st.text(min_size=1, max_size=30).filter(lambda text: not text.isalnum()))
def test_a_value_is_written_as_it_is_or_refused(setting, value, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "given"
    install = Install(folder / "a", "22.10.1", folder / "modules", folder / "data")
    with override_settings(ASTERISK_DIR=folder, **{setting: value}):
        try:
            asterisk.render(install)
        except ImproperlyConfigured as error:
            refused = str(error)
        else:
            refused = ""
    if refused:
        assert setting in refused
        assert "PASSWORD" not in setting or f"({value!r})" not in refused
        return
    lines = [line for path in (folder / "etc").glob("*.conf") for line in path.open()]
    assert any(value in line.partition(";")[0] for line in lines)


def test_a_folder_too_deep_for_a_socket_is_refused_with_the_way_out(tmp_path, install):
    too_deep = tmp_path / ("deep" * 30)
    with (
        override_settings(ASTERISK_DIR=too_deep),
        pytest.raises(ImproperlyConfigured, match="VOICEADMIN_VAR"),
    ):
        asterisk.render(install)


# --- numbers ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_numbers_in_service_are_written_with_their_human(folder):
    agent = Agent.objects.create(name="A", voice=Voice.objects.create(name="V"), greeting="Hi")
    PhoneNumber.objects.create(number="+49301", agent=agent, human="+49302")
    PhoneNumber.objects.create(number="1000", agent=agent)
    PhoneNumber.objects.create(number="1001", agent=agent, is_active=False)
    text = write_fallbacks().read_text()
    assert "[+49301]\nin_service = yes\nhuman = +49302\n" in text
    assert "[1000]\nin_service = yes\nhuman = \n" in text
    assert "1001" not in text


@pytest.mark.django_db
def test_a_number_is_found_with_and_without_its_plus(folder):
    agent = Agent.objects.create(name="A", voice=Voice.objects.create(name="V"), greeting="Hi")
    PhoneNumber.objects.create(number="+49301", agent=agent, human="12")
    text = write_fallbacks().read_text()
    for spelling in ("+49301", "49301"):
        assert f"[{spelling}]\nin_service = yes\nhuman = 12\n" in text


@pytest.mark.django_db
def test_a_row_that_holds_more_than_digits_cannot_add_a_line(folder):
    agent = Agent.objects.create(name="A", voice=Voice.objects.create(name="V"), greeting="Hi")
    PhoneNumber.objects.create(number="1000", agent=agent, human="1]\n#exec id\n[2")
    assert "[1000]\nin_service = yes\nhuman = 12\n" in write_fallbacks().read_text()


@pytest.mark.asterisk
@pytest.mark.django_db
def test_render_asterisk_says_what_it_did(folder, capsys):
    call_command("render_asterisk")
    assert "Configured Asterisk 22." in capsys.readouterr().out
    assert (folder / "etc" / "numbers.conf").exists()


# --- fetching ------------------------------------------------------------------------------


def get(dest: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | environment
    command = [sys.executable, str(GET), str(dest)]
    return subprocess.run(
        command, check=False, env=env, capture_output=True, text=True, timeout=120
    )


def test_a_second_fetch_does_nothing(tmp_path):
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "asterisk-version").write_text("22.10.1\n")
    done = get(dist, PATH="/nonexistent")  # not even apt is needed
    assert done.returncode == 0
    assert done.stdout == f"Asterisk 22.10.1 is already in {dist}.\n"


def test_without_apt_the_other_way_is_named(tmp_path):
    done = get(tmp_path / "dist", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "install Asterisk 22.8 or newer" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("mirror", ["nonsense", "http://a b/debian", "ftp://x/y"])
def test_a_mirror_that_is_none_is_refused_by_its_name(tmp_path, mirror):
    done = get(tmp_path / "dist", VOICEADMIN_DEBIAN_MIRROR=mirror)
    assert done.returncode == 1
    assert "VOICEADMIN_DEBIAN_MIRROR" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_mirror_that_cannot_be_reached_is_one_sentence(tmp_path):
    done = get(tmp_path / "dist", VOICEADMIN_DEBIAN_MIRROR="http://127.0.0.1:9/debian")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "dist").exists()


@pytest.fixture(scope="module")
def script():
    loader = SourceFileLoader("asterisk_get", str(GET))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module  # where dataclasses look their types up
    loader.exec_module(module)
    return module


DEB822 = """
Types: deb-src
URIs: http://source.example/debian
Suites: stable
Components: main

Types: deb deb-src
URIs: http://one.example/debian
# a comment inside
Suites: stable
 stable-updates
Components: main
Signed-By: /usr/share/keyrings/one.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: stable
Components: main

Types: deb
URIs: http://other.example/tools
Suites: any
Components: contrib
"""
ONE_LINE = """
# deb http://comment.example/debian stable main
deb-src http://source.example/debian stable main
deb [arch=amd64 signed-by=/usr/share/keyrings/two.gpg] http://two.example/debian stable main
deb http://three.example/debian stable contrib main # not only
deb http://tools.example/apt ./
"""


def test_the_archive_is_read_from_the_machines_own_sources(script):
    assert list(script._deb822(DEB822)) == [
        ("http://one.example/debian", ["stable", "stable-updates"], "/usr/share/keyrings/one.gpg")
    ]
    assert list(script._one_line(ONE_LINE)) == [
        ("http://two.example/debian", ["stable"], "/usr/share/keyrings/two.gpg"),
        ("http://three.example/debian", ["stable"], ""),
    ]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("W: GPG error: ... NO_PUBKEY 648ACFD622F3D138", "signature could not be checked"),
        ("E: Could not connect to mirror:80", "cannot be reached"),
        ("E: You don't have enough free space in /x", "disk is full"),
        ("E: The repository 'x' does not have a Release file.", "does not hold"),
        ("E: Something new", r"apt failed \(Something new\)"),
    ],
)
def test_what_apt_says_becomes_one_sentence(script, said, sentence):
    with pytest.raises(script.Failed, match=sentence):
        raise script._apt_failure(said)
