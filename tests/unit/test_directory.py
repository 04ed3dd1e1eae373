"""The directory: what organizations are called on each channel, who is mentioned, and what is only suggested."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher import directory, intake
from publisher.channel import Channel, Rendering
from publisher.directory import Directory
from publisher.errors import SettingsError
from publisher.render import Renderer
from publisher.settings import Settings
from publisher.statement import Block, Statement

YAML = """\
Harbour Council:
  also: [HC, Port Board]
  x: "@harbour"
  linkedin: urn:li:organization:77
  hashtags: [safe ports]
Ministry of the Sea:
  twitter: "@sea_ministry"
  linkedin: {account: "urn:li:organization:78", name: Ministry of the Sea of Ruritania}
"""
TOML = """\
["Harbour Council"]
also = ["HC", "Port Board"]
x = "@harbour"
linkedin = "urn:li:organization:77"
hashtags = ["safe ports"]
["Ministry of the Sea"]
twitter = "@sea_ministry"
linkedin = {account = "urn:li:organization:78", name = "Ministry of the Sea of Ruritania"}
"""
BODY = "The Harbour Council adopted a charter for safe ports. It was prepared with the Ministry of the Sea."


def read(folder: Path, text: str, name: str = "directory.yaml") -> Directory:
    path = folder / name
    path.write_text(text, "utf-8")
    return directory.load(path)


@pytest.fixture
def known(tmp_path: Path) -> Directory:
    return read(tmp_path, YAML)


def render(
    known: Directory, channel: str = "x", settings: dict[str, str] | None = None, **of: Any
) -> Rendering:
    made: Channel = Settings(settings or {}, files=False).channel(channel)
    text = of.pop("text", BODY)
    statement = Statement(
        of.pop("title", "A charter is adopted"),
        (Block("paragraph", text),),
        url="https://www.example.org/c",
        **of,
    )
    return Renderer(directory=known).render(statement, made)


def said(rendering: Rendering) -> str:
    return rendering.posts[0]["post"].text


def warned(rendering: Rendering, word: str) -> list[str]:
    return [w for w in rendering.warnings if word in w]


# ---------------------------------------------------------------- the file


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    assert read(tmp_path, YAML) == read(tmp_path, TOML, "directory.toml")
    assert directory.load(None) == directory.EMPTY


def test_an_organization_is_found_by_each_of_its_names(known: Directory) -> None:
    for name in ("Harbour Council", "harbour  council", "HC", "hc", "port board"):
        found = known.find(name)
        assert found and found.name == "Harbour Council"
    assert known.find("Harbour") is None
    assert known.entries[1].accounts["x"].target == "@sea_ministry"  # by the channel's other name


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("Harbour: @harbour", "d.yaml", "line 1"),
        ("- a\n- b", "d.yaml", "must map each organization's name"),
        ("Harbour: text", "d.yaml", "'Harbour' must map channels to accounts"),
        ("Harbour: {x: [a]}", "d.yaml", "Harbour: x must be an account"),
        ("Harbour: {x: {name: a}}", "d.yaml", "Harbour: x must be an account"),
        ("Harbour: {also: HC}", "d.yaml", "Harbour: also must be a list"),
        ('Harbour: {hashtags: ["#!"]}', "d.yaml", "can be no hashtag"),
        ("A: {also: [B]}\nB: {x: '@b'}", "d.yaml", "'b' stands for A and for B"),
        ("[Harbour\n", "d.toml", "d.toml"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path: Path, text: str, name: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text, name)
    assert why in str(caught.value) and str(tmp_path / name) in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(SettingsError, match="PUBLISHER_DIRECTORY"):
            directory.load(path)
    (tmp_path / "latin.yaml").write_bytes(b"H\xe9: {}")
    with pytest.raises(SettingsError, match="PUBLISHER_DIRECTORY"):
        directory.load(tmp_path / "latin.yaml")


def test_an_empty_file_is_an_empty_directory(tmp_path: Path) -> None:
    assert read(tmp_path, "# nobody yet\n") == directory.EMPTY


# ---------------------------------------------------------------- mentions


def test_who_is_mentioned_in_the_front_matter_is_named_as_each_channel_does(known: Directory) -> None:
    on_x, on_linkedin = (render(known, c, mentions=("HC",)) for c in ("x", "linkedin"))
    assert "\n\n@harbour\n\n" in said(on_x)
    assert said(on_linkedin).endswith("\n\nHarbour Council")
    assert "@[Harbour Council](urn:li:organization:77)" in on_linkedin.posts[0]["post"].wire
    assert warned(on_linkedin, "full name of the page urn:li:organization:77")


def test_a_page_of_another_name_is_called_by_it(known: Directory) -> None:
    found = render(known, "linkedin", mentions=("Ministry of the Sea",))
    wire = "@[Ministry of the Sea of Ruritania](urn:li:organization:78)"
    assert wire in found.posts[0]["post"].wire


def test_authors_mention_in_their_own_words(known: Directory) -> None:
    overrides = {"x": {"text": "With @[Harbour Council] and @[HC], not a@[b]: https://www.example.org/c"}}
    found = render(known, overrides=overrides)
    assert said(found) == "With @harbour and @harbour, not ab: https://www.example.org/c"
    assert warned(found, "“b” is not mentioned: the directory (PUBLISHER_DIRECTORY) does not know it")
    assert not warned(found, "mention @harbour is not in the statement")
    on_mail = render(known, "email", overrides={"email": {"text": "With @[HC] we agreed."}})
    assert "With HC we agreed." in on_mail.posts[0]["text"].text
    assert "With HC we agreed." in on_mail.posts[0]["html"].text
    assert not warned(on_mail, "mentioned")


def test_whom_nobody_knows_is_not_mentioned_and_that_is_said(known: Directory) -> None:
    entry = read_only_on_linkedin()
    found = render(entry, mentions=("Lighthouse", "Nobody"))
    assert "Lighthouse" not in said(found) and "Nobody" not in said(found)
    assert warned(
        found, "“Lighthouse” is not mentioned: the directory (PUBLISHER_DIRECTORY) has no account on x"
    )
    assert warned(found, "“Nobody” is not mentioned: the directory (PUBLISHER_DIRECTORY) does not know it")


def read_only_on_linkedin() -> Directory:
    accounts = {"linkedin": directory.Account("urn:li:organization:9", "Lighthouse")}
    return Directory((directory.Entry("Lighthouse", accounts=accounts),))


def test_a_mention_in_a_template_is_resolved_too(tmp_path: Path, known: Directory) -> None:
    (tmp_path / "x.post.j2").write_text(
        "{{ title }} – {{ mention('HC') }}, {{ mention('Us', '@us') }}, {{ mention('Them') }}"
    )
    made = Settings({}, files=False).channel("x")
    statement = Statement("Done", (Block("paragraph", BODY),))
    found = Renderer(tmp_path, known).render(statement, made)
    assert said(found) == "Done – @harbour, @us, Them"


def test_brackets_in_a_statement_stay_text(known: Directory) -> None:
    """Only a person's own text mentions anybody: a statement's words are what was said."""
    found = render(
        known, text="The council wrote to @[Harbour Council] and others about the charter of Lund."
    )
    assert "@[Harbour Council]" in said(found)


def test_hashtags_go_before_mentions_when_room_is_short(known: Directory) -> None:
    title = "A headline that is as long as a headline may be " * 5
    found = render(known, title=title[:245].strip(), mentions=("HC",), hashtags=("SomeLongHashtag",))
    assert "@harbour" not in said(found) or "#SomeLongHashtag" not in said(found)
    assert warned(found, "left out #SomeLongHashtag")


# ---------------------------------------------------------------- suggestions


def test_what_the_statement_names_is_suggested_and_never_added(known: Directory) -> None:
    found = render(known)
    assert "@harbour" not in said(found) and "#" not in said(found)
    assert warned(found, "suggested") == ["x: suggested, not added: @harbour, #SafePorts, @sea_ministry"]
    on_linkedin = render(known, "linkedin")
    suggested = "linkedin: suggested, not added: @[Harbour Council], #SafePorts, @[Ministry of the Sea]"
    assert warned(on_linkedin, "suggested") == [suggested]
    assert not warned(render(known, "email"), "suggested")


def test_what_is_there_already_or_is_the_account_itself_is_not_suggested(known: Directory) -> None:
    found = render(
        known, settings={"PUBLISHER_X__ACCOUNT": "sea_ministry"}, mentions=("HC",), hashtags=("SafePorts",)
    )
    assert not warned(found, "suggested")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The HC met.", True),
        ("The harbour council met.", True),
        ("They said hc to it.", False),
        ("The HCX met.", False),
        ("The Harbour Councils met.", False),
    ],
)
def test_an_acronym_counts_as_written_and_a_name_as_a_whole(known: Directory, text: str, named: bool) -> None:
    assert known.entries[0].stands_in(text) is named


@pytest.mark.parametrize(
    ("tag", "text", "better"),
    [
        ("humanrights", "On Human rights and more", "HumanRights"),
        ("antipersonnelmines", "anti-personnel mines", "AntiPersonnelMines"),
        ("HumanRights", "human rights", ""),
        ("rights", "human rights", ""),
        ("humanrights", "nothing of it", ""),
        ("déclarationcommune", "une déclaration commune", "DéclarationCommune"),
    ],
)
def test_hashtags_of_several_words_want_capitals(tag: str, text: str, better: str) -> None:
    assert directory.camel(tag, text) == better


# ---------------------------------------------------------------- taking in


def test_mentions_are_read_from_the_front_matter_and_part_of_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "s.md"
    path.write_text(
        "---\ntitle: T\nmentions: [Harbour  Council, HC, HC]\n---\nThe council met in Lund today.\n"
    )
    found = intake.read(str(path))
    assert found.mentions == ("Harbour Council", "HC")
    assert Statement.load(found.dump()) == found
    path.write_text("---\ntitle: T\n---\nThe council met in Lund today.\n")
    assert intake.read(str(path)).digest != found.digest
    path.write_text("---\ntitle: T\nmentions: HC\n---\nThe council met in Lund today.\n")
    with pytest.raises(Exception, match="`mentions` must be a list, such as"):
        intake.read(str(path))


def test_the_same_directory_gives_the_same_digest_and_another_account_another(known: Directory) -> None:
    one, same = (render(known, mentions=("HC",)) for _ in range(2))
    moved = Directory(
        (directory.Entry("Harbour Council", ("HC",), {"x": directory.Account("@port", "Harbour Council")}),)
    )
    assert one.digest == same.digest != render(moved, mentions=("HC",)).digest
