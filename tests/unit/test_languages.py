"""Languages: one post for each that a channel is set to; all are approved together."""

from __future__ import annotations

import pytest

from publisher.api import Publisher
from publisher.errors import SettingsError
from publisher.languages import spoken, tags
from publisher.settings import Settings
from publisher.statement import Block, Statement

TEXTS = {
    "en": "The Harbour Council adopted a charter for safe ports on 3 May 2026.",
    "fr": "Le Conseil des ports a adopté une charte pour des ports sûrs le 3 mai 2026.",
    "pt-BR": "O Conselho dos Portos adotou uma carta para portos seguros em 3 de maio de 2026.",
}


def statement() -> Statement:
    main, *others = (
        Statement(f"Charter {tag}", (Block("paragraph", t),), language=tag) for tag, t in TEXTS.items()
    )
    return Statement(main.title, main.blocks, language=main.language, translations=tuple(others))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", ["en", "fr", "pt-BR"]),
        ("fr", ["fr"]),
        ("FR, en", ["en", "fr"]),
        ("pt", ["pt-BR"]),
        ("pt-PT", ["en"]),
        ("p", None),
        ("français", None),
        ("en;fr", None),
    ],
)
def test_a_channel_gets_the_languages_it_is_set_to(wanted: str, expected: list[str] | None) -> None:
    """In the announcement's order; the main one where it has none of them; a tag that is none is named."""
    if expected is None:
        with pytest.raises(ValueError, match="no language tag"):
            tags(wanted)
    else:
        assert [s.language for s in spoken(statement(), tags(wanted))] == expected


@pytest.mark.parametrize("channel", ["x", "linkedin"])
def test_a_post_is_rendered_for_each_of_them(channel: str) -> None:
    """The setting of one channel changes no other; what is rendered is what an approval is of."""
    set_to = Settings({f"PUBLISHER_{channel.upper()}__LANGUAGES": "fr"}, files=False)
    done = Publisher(set_to).render(statement(), ("x", "linkedin")).renderings
    assert {r.language for r in done if r.channel == channel} == {"fr"}
    assert {r.language for r in done if r.channel != channel} == set(TEXTS)


def test_a_language_that_is_none_is_a_setting_that_is_wrong() -> None:
    """The message names the setting."""
    with pytest.raises(SettingsError, match="PUBLISHER_X__LANGUAGES"):
        Settings({"PUBLISHER_X__LANGUAGES": "english, french"}, files=False).channel("x")


def test_what_does_not_fit_in_a_translation_is_told_of_that() -> None:
    """The override stands in the translation's own file; the other languages are shown all the same."""
    main = statement()
    long = Statement("Charte " * 60, main.translations[0].blocks, language="fr", source="charte.fr.md")
    whole = Statement(main.title, main.blocks, language="en", translations=(long, main.translations[1]))
    office = Publisher(settings=Settings({}, files=False))
    made = office.render(whole, ["x"])
    assert [r.language for r in made.renderings] == ["en", "pt-BR"]
    assert [str(error).startswith("charte.fr.md (fr): x: the post is") for _, error in made.failed] == [True]
