"""Keys, people and the server, as an operator meets them in the terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.journeys.test_command_line import KEEPWELL, keepwell

PASSWORD = "correct horse battery"


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


@contextmanager
def serving(data: Path, *arguments: str):
    """A running server: the address or link it prints."""
    command = [KEEPWELL, "serve", "--port", "0", "--data", str(data), *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as it:
        try:
            yield re.search(r"http://\S+", it.stdout.readline()).group()
        finally:
            it.send_signal(signal.SIGINT)
            it.wait(30)


def test_keys_are_made_listed_and_revoked(tmp_path):
    data = tmp_path / "data"
    made = keepwell(
        *("keys", "create", "--kind", "write", "--name", "Website", "--event", "signed_in"),
        *("--customer-prefix", "web-"),
        data=data,
    )
    api = keepwell("keys", "create", "--kind", "api", "--name", "R", "--scope", "scores:read", data=data)
    assert made.keys() == {"id", "key"}
    assert made["key"].startswith("kw_write_")
    assert api["key"].startswith("kw_api_")
    assert "admin" in keepwell("keys", "create", "--kind", "api", "--name", "R", "--scope", "x", data=data, ok=False)

    assert keepwell("keys", "revoke", made["id"], data=data) == {"id": made["id"], "revoked": True}
    keepwell("keys", "revoke", made["id"], data=data, ok=False)
    two, one = keepwell("keys", "list", data=data)
    assert (one["events"], one["customers"], one["scopes"]) == (["signed_in"], ["web-"], ["ingest:write"])
    assert one["revoked_at"] is not None
    assert two["revoked_at"] is None
    assert made["key"] not in str((one, two))


def test_people_are_added_changed_and_removed(tmp_path, secret):
    data = tmp_path / "data"
    added = keepwell("people", "add", "Ada", "--role", "csm", "--password-file", secret, data=data)
    assert added == {"name": "ada", "role": "csm"}
    keepwell("people", "add", "ada", "--password-file", secret, data=data, ok=False)
    keepwell("people", "role", "ada", "admin", data=data)
    keepwell("people", "password", "ada", "--password-file", secret, data=data)
    assert [(each["name"], each["role"]) for each in keepwell("people", "list", data=data)] == [("ada", "admin")]
    keepwell("people", "remove", "ada", data=data)
    assert keepwell("people", "list", data=data) == []


def test_a_server_others_can_reach_needs_a_login_and_prints_no_link(tmp_path, secret):
    data = tmp_path / "data"
    keepwell("keys", "create", "--kind", "api", "--name", "R", data=data)
    refused = subprocess.run(
        [KEEPWELL, "serve", "--host", "0.0.0.0", "--port", "0", "--data", str(data)],  # noqa: S104 - refused
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 1
    assert "keepwell people add" in refused.stderr

    keepwell("people", "add", "ada", "--role", "admin", "--password-file", secret, data=data)
    with serving(data, "--host", "0.0.0.0", "--allowed-host", "kw.example") as printed:  # noqa: S104 - meant
        assert "token" not in printed
        address = f"http://127.0.0.1:{printed.rsplit(':', 1)[1]}"
        with httpx2.Client(base_url=address, headers={"host": "kw.example"}) as browser:
            assert browser.get("/").status_code == 401
            wrong = browser.post("/login", data={"name": "ada", "password": "guess"})
            assert wrong.status_code == 401
            right = browser.post("/login", data={"name": "ada", "password": PASSWORD})
            assert right.status_code == 303
            assert browser.get("/settings/keys").status_code == 200


def test_while_it_serves_keys_are_made_on_its_page(tmp_path):
    data = tmp_path / "data"
    keepwell("keys", "create", "--kind", "api", "--name", "R", data=data)
    with serving(data) as link:
        said = keepwell("keys", "create", "--kind", "api", "--name", "R", data=data, ok=False)
        assert "/settings" in said
        with httpx2.Client(base_url=link.split("/login")[0], follow_redirects=True) as browser:
            assert browser.get(link).status_code == 200
            page = browser.post("/settings/keys", data={"kind": "api", "name": "Second", "scopes": "scores:read"}).text
            key = re.search(r"kw_api_[a-z2-7]{32}", page).group()
            with httpx2.Client(base_url=str(browser.base_url)) as program:
                bearer = {"authorization": f"Bearer {key}"}
                assert program.get("/settings/keys", headers=bearer).status_code == 403
                browser.post("/settings/keys/2/revoke")
                assert program.get("/settings/keys", headers=bearer).status_code == 401
    assert [line["last_used_at"] is not None for line in keepwell("keys", "list", data=data)] == [True, False]


@pytest.mark.parametrize("host", ["no.such.name.invalid", "203.0.113.7"])
def test_an_address_that_is_not_this_machines_is_refused(tmp_path, host):
    data = tmp_path / "data"
    keepwell("keys", "create", "--kind", "api", "--name", "R", data=data)
    done = subprocess.run(
        [KEEPWELL, "serve", "--host", host, "--port", "0", "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Nothing was started" in done.stderr
