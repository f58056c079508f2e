"""The rule a model's sentence must keep, written again without a look at the code: it says what its statement says."""

import re

LEAD = re.compile(
    r"^(First|Second|Third|Next|Then|Finally|Also|Besides|In addition|In short|Here), ", re.IGNORECASE
)  # fmt: skip
ARTICLE = re.compile(r"(?<!\S)(a|an|the)(?!\S) ?")


def bare(text):
    text = text[:1].lower() + text[1:]
    return ARTICLE.sub("", text).strip().removesuffix(".").strip()


def says(sentence, statement):
    """Whether a sentence that is shown is a statement, but for a lead-in and articles."""
    return bare(statement.text) in {bare(sentence), bare(LEAD.sub("", sentence))}
