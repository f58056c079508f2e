"""Settings: the environment, secrets from files, and the data folder named on the command line."""

from pathlib import Path

import pytest

from keepwell.config.refusal import FileRefusedError
from keepwell.config.settings import SettingRefusedError, load_settings, unread_variables


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("DATA", "DATABASE_URL", "DATABASE_URL_FILE", "PERSONA"):
        monkeypatch.delenv(f"KEEPWELL_{name}", raising=False)


def test_without_settings_everything_is_in_the_data_folder():
    assert load_settings(Path("here")).database() == f"sqlite:///{Path.cwd() / 'here' / 'keepwell.sqlite'}"


def test_the_environment_is_read(monkeypatch):
    monkeypatch.setenv("KEEPWELL_DATA", "there")
    monkeypatch.setenv("KEEPWELL_DATABASE_URL", "postgresql+psycopg://db/keepwell")

    assert load_settings().data == Path("there")
    assert load_settings().database() == "postgresql+psycopg://db/keepwell"


def test_the_folder_of_the_command_line_wins(monkeypatch):
    monkeypatch.setenv("KEEPWELL_DATA", "there")

    assert load_settings(Path("here")).data == Path("here")


def test_a_secret_comes_from_a_file(monkeypatch, tmp_path):
    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg://user:secret@db/keepwell\n")
    monkeypatch.setenv("KEEPWELL_DATABASE_URL_FILE", str(secret))

    assert load_settings().database() == "postgresql+psycopg://user:secret@db/keepwell"


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["missing", "no text"])
def test_a_secret_that_cannot_be_read_stops_the_start(monkeypatch, tmp_path, content):
    secret = tmp_path / "url"
    if content:
        secret.write_bytes(content)
    monkeypatch.setenv("KEEPWELL_DATABASE_URL_FILE", str(secret))
    with pytest.raises(FileRefusedError, match="secret"):
        load_settings()


def test_an_empty_folder_or_database_is_not_set(monkeypatch):
    unset = load_settings()
    for name in ("DATA", "DATABASE_URL", "DATABASE_URL_FILE"):
        monkeypatch.setenv(f"KEEPWELL_{name}", "")

    assert (load_settings().data, load_settings().database()) == (unset.data, unset.database())


@pytest.mark.parametrize("address", ["nonsense", "ftp://host/x", "https://", "http://[", "https://host/a b"])
def test_a_heartbeat_that_nobody_hears_stops_the_start(monkeypatch, address):
    monkeypatch.setenv("KEEPWELL_HEARTBEAT_URL", address)
    with pytest.raises(SettingRefusedError, match="KEEPWELL_HEARTBEAT_URL"):
        load_settings()


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:9/x", "https://hc.example/ping/1?a=b"])
def test_a_heartbeat_needs_an_address(monkeypatch, address):
    monkeypatch.setenv("KEEPWELL_HEARTBEAT_URL", address)

    assert load_settings().heartbeat_url == address


def test_variables_that_mean_nothing_are_named(monkeypatch):
    for name in ("HOOK_STRIP", "PERSONNA", "HOOK_STRIPE", "HOOK_MY_CRM_FILE", "OIDC_CLIENT_SECRET_FILE", "PERSONA"):
        monkeypatch.setenv(f"KEEPWELL_{name}", "x")
    found = [name for name in unread_variables(["stripe", "my-crm"]) if "TEST" not in name]

    assert found == ["KEEPWELL_HOOK_STRIP", "KEEPWELL_PERSONNA"]
