"""The pages of settings."""

import pytest

from keepwell.runtime.ports.access import Role


def test_a_new_key_is_shown_once_and_kept_nowhere(client, desk):
    sent = {"kind": "api", "name": "Reporting", "scopes": ["scores:read", "scores:write"]}
    made = client.post("/settings/keys", data=sent)
    secret, key = next(iter(desk.keys.kept.items()))
    assert made.status_code == 200
    assert secret in made.text
    assert made.headers["cache-control"] == "no-store"
    assert key.scopes == {"scores:read", "scores:write"}
    listed = client.get("/settings/keys").text
    assert secret not in listed
    assert key.prefix in listed


def test_a_write_key_is_narrowed_by_what_stands_between_commas(client, desk):
    sent = {"kind": "write", "name": "Website", "events": " signed_in, , feature_used", "customers": "web-"}
    assert client.post("/settings/keys", data=sent).status_code == 200
    key = next(iter(desk.keys.kept.values()))
    assert (key.events, key.customers) == (("signed_in", "feature_used"), ("web-",))
    assert "only ids that begin with web-" in client.get("/settings/keys").text


def test_a_key_that_cannot_be_made_says_why(client, desk):
    answer = client.post("/settings/keys", data={"kind": "other", "name": "x"})
    assert answer.status_code == 422
    assert "No such kind. No key was made" in answer.text
    assert not desk.keys.kept


def test_a_key_is_revoked(client, desk):
    client.post("/settings/keys", data={"kind": "write", "name": "Website"})
    asked = client.get("/settings/keys").text.split("<details", 1)[1].split("</details>")[0]
    assert asked.index("<summary") < asked.index("</summary>") < asked.index('action="/settings/keys/1/revoke"')
    assert client.post("/settings/keys/1/revoke").status_code == 303
    assert next(iter(desk.keys.kept.values())).revoked_at is not None
    assert "/revoke" not in client.get("/settings/keys").text
    assert client.post("/settings/keys/9/revoke").status_code == 404


def test_people_come_change_and_go(client, access):
    add = {"name": "ada", "role": "csm", "password": "a long password"}
    assert client.post("/settings/people", data=add).status_code == 303
    assert access.people.kept["ada"].role == Role.CSM
    assert client.post("/settings/people", data=add).status_code == 400
    assert client.post("/settings/people/role", data={"name": "ada", "role": "admin"}).status_code == 303
    assert access.people.kept["ada"].role == Role.ADMIN
    assert client.post("/settings/people/password", data={"name": "ada", "password": "another one"}).status_code == 303
    assert access.people.kept["ada"].password == "another one"
    page = client.get("/settings/people").text
    assert "ada" in page
    assert "another one" not in page
    assert client.post("/settings/people/remove", data={"name": "ada"}).status_code == 303
    assert not access.people.kept
    assert client.post("/settings/people/remove", data={"name": "ada"}).status_code == 404


@pytest.mark.parametrize("role", ["nobody", "root", ""])
def test_there_are_no_other_roles(client, access, role):
    client.post("/settings/people", data={"name": "ada", "role": role, "password": "a long password"})
    assert not access.people.kept


@pytest.mark.parametrize(("role", "shown"), [(Role.VIEWER, False), (Role.CSM, False), (Role.ADMIN, True)])
def test_only_admins_see_the_way_to_the_settings(stranger, access, role, shown):
    access.roles["s"] = role
    stranger.cookies.set("keepwell_session", "s")
    assert ('href="/settings"' in stranger.get("/").text) is shown
