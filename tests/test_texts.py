"""What a typed text must satisfy before it is kept."""

from __future__ import annotations

import pytest

from hub.texts import Problems, likeness


def website(given: str) -> tuple[str | None, list[str]]:
    """What is kept of the address, and the first words of what is said about it."""
    problems = Problems()
    kept = problems.website(given, "website")
    return kept, [" ".join(problem.message.split()[:4]) for problem in problems.found]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "http://example.org:8080/a?b=c#d",
        "https://EXAMPLE.org./",
        "https://münchen.de/straße",
        "https://มูลนิธิ.ไทย",
        "https://xn--mnchen-3ya.de",
        f"https://{'a' * 63}.org",
    ],
)
def test_an_address_that_a_browser_opens_is_kept_as_it_was_typed(address: str) -> None:
    assert website(f" {address}\u200b ") == (address, [])


ADDRESS, USER, PORT = "write the whole address,", "leave out the user", "leave out the port"
DOMAIN = "write the domain name"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("example.org", ADDRESS),
        ("//example.org", ADDRESS),
        ("https:example.org", ADDRESS),
        ("ftp://example.org", ADDRESS),
        ("javascript:alert(1)//a.bc", ADDRESS),
        ("https://[", ADDRESS),
        ("https://example.org/a b", ADDRESS),
        ("https://user@example.org", USER),
        ("https://:secret@example.org", USER),
        ("https://example.org\\@other.org", USER),
        ("https://example.org:99999", PORT),
        ("https://example.org:0", PORT),
        ("https://example.org:https", PORT),
        ("https://a..bc", DOMAIN),
        ("https://.b.cd", DOMAIN),
        ("http://-x.com", DOMAIN),
        ("http://x-.com", DOMAIN),
        ("https://a_b.org", DOMAIN),
        ("https://%61.org", DOMAIN),
        ("https://localhost", DOMAIN),
        ("https://192.0.2.1", DOMAIN),
        ("https://[2001:db8::1]", DOMAIN),
        ("https://xn--a.org", DOMAIN),
        ("https://example.o", DOMAIN),
        (f"https://{'a' * 64}.org", DOMAIN),
        ("https://" + ".".join(["a" * 60] * 5) + ".org", DOMAIN),
    ],
)
def test_an_address_that_no_browser_opens_is_refused_with_what_to_do(address: str, said: str) -> None:
    assert website(address) == (None, [said])


def test_a_line_is_kept_as_it_is_seen() -> None:
    problems = Problems()
    typed = " Re\u0301seau\u200b  des\u00a0\t\r\nports\u202e\ufeff "
    assert problems.line(typed, "name", longest=200) == "R\u00e9seau des ports"
    assert problems.line("ශ්\u200dරී ලංකා", "name", longest=200) == "ශ්\u200dරී ලංකා", "a joiner is spelling"
    assert problems.line("a" + " " * 50 + "b", "name", longest=3) == "a b", "as long as it is kept"
    assert not problems.found


@pytest.mark.parametrize("nothing", ["", " \t\n", "\u200b", "\ufeff\u00a0\u2060", "\u3164", "\u200d"])
def test_what_cannot_be_seen_fills_nothing_in(nothing: str) -> None:
    problems = Problems()
    assert problems.line(nothing, "name", longest=200) is None
    assert problems.text(nothing, "reason", longest=200) is None
    assert [problem.code for problem in problems.found] == ["REQUIRED"] * 2


@pytest.mark.parametrize("control", ["\x00", "\x1f", "\x7f", "\x85", "\x9b"])
def test_a_control_character_is_refused(control: str) -> None:
    problems = Problems()
    problems.line(f"a{control}b", "name", longest=200)
    problems.text(f"a{control}b", "reason", longest=200)
    assert [problem.code for problem in problems.found] == ["CONTROL_CHARACTER"] * 2


@pytest.mark.parametrize(
    "other",
    [
        "RÉSEAU – WOMEN'S PORTS",
        "Re\u0301seau - Women\u2019s Ports",
        "  Réseau\u00a0–\tWomen’s  Ports ",
        "Rés\u200beau – Wo\u00admen’s P\u2060orts\ufe0f",
        "\uff32éseau \uff0d Women’s Ports",
    ],
)
def test_names_that_look_the_same_are_alike(other: str) -> None:
    assert likeness(other) == likeness("Réseau – Women’s Ports")


@pytest.mark.parametrize(
    "other", ["Reseau des ports", "Réseau de ports", "Réseau des ports 2", "Réseaudes ports"]
)
def test_names_that_do_not_are_not(other: str) -> None:
    assert likeness(other) != likeness("Réseau des ports")
