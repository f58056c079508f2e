import pytest

from keepwell.web.views import links


def test_an_id_is_one_piece_of_the_path():
    assert links.customer("a/b c?d#e%2F<ü>") == "/customers/a%2Fb%20c%3Fd%23e%252F%3C%C3%BC%3E"
    assert links.customer("c1", since="7d") == "/customers/c1?since=7d"


@pytest.mark.parametrize("dots", [".", ".."])
def test_browsers_swallow_dots_so_they_go_another_way(dots):
    assert links.customer(dots, since="7d") == f"/customers/?id={dots}&since=7d"


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("/customers?band=stable", "/customers?band=stable"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("", "/"),
    ],
)
def test_a_way_back_stays_inside(address, inside):
    assert links.inside(address) == inside
