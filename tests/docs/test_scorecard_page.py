"""The scorecard that the documentation shows is one."""

from keepwell.config.scorecards import load_card, load_shipped
from tests.docs.markdown import blocks, read


def test_the_example_is_a_scorecard(tmp_path):
    (text,) = [block.text for block in blocks(read("docs/scorecards.md")) if block.language == "toml"]
    path = tmp_path / "whale.toml"
    path.write_text(text)

    assert load_card(path, load_shipped().cards).segments == ("whale", "market maker")
