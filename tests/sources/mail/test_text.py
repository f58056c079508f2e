"""What somebody wrote, without what they answered."""

import pytest

from keepwell.sources.mail.text import asks_to_stop, plain, written


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("hello", "hello"),
        ("", ""),
        ("> only\n> quoted", ""),
        ("yes\n\n-----Original Message-----\nFrom: x\nno", "yes"),
        ("ja\n\n-----Ursprüngliche Nachricht-----\nnein", "ja"),
        ("yes\n________________________________\nFrom: x", "yes"),
        ("yes\n\nFrom: Jennifer <j@k.example>\nSent: Monday\nTo: me\n\nDear", "yes"),
        ("yes\n\n*Von:* Jennifer <j@k.example>\n*Gesendet:* Montag\n\nLiebe", "yes"),
        ("From: the bottom of my heart\nthank you", "From: the bottom of my heart\nthank you"),
        ("On Monday, we launched.\nIt went well.", "On Monday, we launched.\nIt went well."),
        ("yes\n\nOn Mon, 2 Sep 2024 at 09:00, Jennifer Williams\n<care@keepwell.example> wrote:\n\n> hi", "yes"),
        ("yes\n\nOn Mon, Jennifer wrote:\n\nDear Ada,\nhi", "yes"),
        ("Le lun. 2 sept. 2024, Jennifer a écrit :\n> salut\n\noui", "oui"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("good\n--\nAda", "good"),
        ("good\n-- \nAda", "good"),
        ("we have 3 -- 4 nodes", "we have 3 -- 4 nodes"),
        ("gut\n\nVon meinem iPhone gesendet", "gut"),
        ("gut\n\nGesendet von meinem Samsung Gerät", "gut"),
    ],
)
def test_only_the_authors_own_words_are_kept(text, kept):
    assert written(text) == kept
    assert written(text.replace("\n", "\r\n")) == kept


@pytest.mark.parametrize(
    "text",
    ["Unsubscribe", "STOP", "stop.", "Please unsubscribe me", "unsubscribe me from this list please", "opt out",
     "No more emails please.", "Bitte keine weiteren Mails mehr", "Bitte abmelden", "abbestellen",
     "Please stop emailing me", "Please unsubscribe me. Our withdrawals have been stuck for 3 days! What is wrong?",
     "Please unsubscribe us from everything, we are moving to Kraken and want our contract cancelled.",
     "We cancel. Remove me from this list, thank you very much for everything so far and goodbye",
     "Guten Tag, bitte tragen Sie uns aus Ihrem Verteiler aus. Wir haben andere Sorgen als Ihre Briefe."],
)  # fmt: skip
def test_who_wants_no_more_says_so(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    ["", "How do I unsubscribe from the price feed?", "Please don't unsubscribe me",
     "Wie kann ich einen Nutzer abmelden",
     "We stop the trial of the vault on Monday, and then unsubscribe the two old nodes from the feed, all right?",
     "Thanks!", "The nodes stop", "We will cancel our subscription next month. Please unsubscribe nobody.",
     "Do not unsubscribe us, whatever the others in the team may have written to you in the last days"],
)  # fmt: skip
def test_who_only_speaks_of_it_does_not(text):
    assert not asks_to_stop(text)


def test_an_empty_mail_may_say_it_in_its_subject():
    assert asks_to_stop("", "Unsubscribe")
    assert not asks_to_stop("", "Re: Can I help?")
    assert not asks_to_stop("Thank you", "unsubscribe")


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>a</p><p>b</p>", ["a", "b"]),
        ("a<br>b<br/>c", ["a", "b", "c"]),
        ("a<script>x</script>b", ["ab"]),
        ("new<blockquote>old<blockquote>older</blockquote>old</blockquote>", ["new"]),
        ('new<div class="gmail_quote"><div>old</div>On Monday</div>', ["new"]),
        ("<b>&lt;i&gt; &amp;</b>", ["<i> &"]),
        ("<p>open <style>p{}", ["open"]),
        ('<img class="gmail_quote">text', ["text"]),
    ],
)
def test_html_says_what_it_shows(html, said):
    assert [line.strip() for line in plain(html).split("\n") if line.strip()] == said
