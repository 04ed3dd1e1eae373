"""The picture of a link's card: approved like every other byte, and only where nothing else is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.channel import Rendering
from publisher.render import Renderer
from publisher.settings import Settings
from publisher.statement import Block, Media, Statement

PICTURE = Media("card", "og.png", "image/png", "The sea", digest="c" * 64, size=9)
SAID = Statement(
    "Nine ports agree on cables",
    (Block("paragraph", "Nine ports have agreed on the rules for the repair of cables."),),
    url="https://www.example.org/cables",
    media=(PICTURE,),
)


def rendered(channel: str, statement: Statement = SAID) -> Rendering:
    return Renderer().render(statement, Settings({}, files=False).channel(channel))


def test_linkedin_shows_it_and_approves_it() -> None:
    with_it, without = rendered("linkedin"), rendered("linkedin", replace(SAID, media=()))
    assert with_it.posts[0].card == PICTURE
    assert with_it.digest != without.digest
    assert Rendering.load(with_it.dump()).digest == with_it.digest


@pytest.mark.parametrize("channel", ["x", "email"])
def test_a_channel_whose_cards_are_not_ours_carries_none_and_says_nothing(channel: str) -> None:
    made = rendered(channel)
    assert [post.card for post in made.posts] == [None]
    assert not any("card" in warning for warning in made.warnings)


def test_what_the_post_carries_itself_stands_in_place_of_the_card() -> None:
    image = Media("image", "a.png", "image/png", "Ministers", digest="a" * 64, size=9)
    made = rendered("linkedin", replace(SAID, media=(image, PICTURE)))
    assert (made.posts[0].media, made.posts[0].card) == ((image,), None)


def test_a_picture_that_the_service_refuses_leaves_the_card_without() -> None:
    made = rendered("linkedin", replace(SAID, media=(replace(PICTURE, type="image/webp"),)))
    assert made.posts[0].card is None
    assert any("without the page's picture" in warning for warning in made.warnings)
