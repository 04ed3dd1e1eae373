"""Taking a statement in: sources, fields, media, embargo, translations, and what bad input gets."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from publisher.errors import StatementError
from publisher.intake import read
from publisher.statement import Statement

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "statements"
EXAMPLE = ROOT / "publisher" / "example" / "statement.md"

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"IEND\xaeB`\x82"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def text(body: str, **options: object) -> Statement:
    return read("-", stdin=body.encode(), **options)  # type: ignore[arg-type]


def front(fields: str, body: str = "The body says enough to be read.") -> Statement:
    return text(f"---\ntitle: A title\n{fields}\n---\n\n{body}\n")


def refused(fields: str) -> str:
    with pytest.raises(StatementError) as caught:
        front(fields)
    return str(caught.value)


def write(folder: Path, fields: str = "", **files: bytes) -> str:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    path = folder / "statement.md"
    path.write_text(f"---\ntitle: A title\n{fields}\n---\n\nThe body.\n", encoding="utf-8")
    return str(path)


# ---------------------------------------------------------------- the shipped example


def test_the_example_is_read_whole_and_without_a_warning() -> None:
    made = read(str(EXAMPLE))
    assert made.notes == ()
    assert len(made.title) <= 120
    assert made.url.startswith("https://www.example.org/")
    assert (made.language, made.issued, made.organization) == ("en", "2026-10-14", "Northlight Coalition")
    assert [m.type for m in made.media] == ["application/pdf", "image/png"]
    assert all(m.content and m.digest == hashlib.sha256(m.content).hexdigest() for m in made.media)
    assert all(m.size == len(m.content or b"") for m in made.media)
    assert made.images[0].alt and made.documents[0].title
    assert {b.kind for b in made.blocks} == {"paragraph", "item"}
    assert "today" not in made.text.lower()


def test_the_example_pdf_can_be_opened_and_says_what_the_statement_says() -> None:
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(EXAMPLE.with_name("joint-statement.pdf"), strict=True).pages
    words = " ".join("".join(page.extract_text() for page in pages).split())
    for sentence in ("412 hospitals", "EUR 40 million", "The first yearly account is due in March 2027."):
        assert sentence in words


def test_the_example_png_is_small_and_its_data_is_sound() -> None:
    data = EXAMPLE.with_name("emblem.png").read_bytes()
    start = data.index(b"IDAT") + 4
    size = int.from_bytes(data[start - 8 : start - 4], "big")
    assert len(data) < 20_000
    assert len(zlib.decompress(data[start : start + size])) == 675 * (1 + 3 * 1200)


def test_the_same_file_gives_the_same_digest_and_no_heavy_import() -> None:
    code = (
        "import sys; from publisher.intake import read; print(read(sys.argv[1]).digest);"
        "heavy = {'lxml', 'trafilatura', 'requests', 'http.client', 'ssl', 'sqlalchemy', 'tweepy', 'rich', 'structlog'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLE)], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.splitlines()
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1] == [read(str(EXAMPLE)).digest, "[]"]


# ---------------------------------------------------------------- sources


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"%PDF-1.7 x", "cannot be read as a PDF"),
        (b"PK\x03\x04word/", "Word document"),
        (b"\xd0\xcf\x11\xe0\xa1", "old Word document"),
        (PNG, "PNG image"),
        (b"Title\n\nNo\0text", "NUL byte in line 3"),
        ("Title\n\nCafé".encode("latin-1"), "line 3 holds the byte 0xE9 ('é' in Windows-1252)"),
        ("Title\n\nCafé".encode("utf-16-le"), "NUL byte"),
        (b'{"title": "x"}', "is JSON"),
        (b'<?xml version="1.0"?><rss version="2.0"></rss>', "is a feed"),
        (b"<html><body></body></html>", "has no title"),
        (b"---\nsummary: x\n---\n\nNo title anywhere.\n", "has no title"),
        (b"A paragraph, not a title. " * 20, "reads like a paragraph"),
        ("Title with a lost \ufffd\n\nBody.".encode(), "a character was lost"),
    ],
)
def test_bad_content_is_refused_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "statement.txt"
    path.write_bytes(content)
    with pytest.raises(StatementError, match=r"statement\.txt") as caught:
        read(str(path))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing.md", "", "a\0b", "ftp://example.org/a.md", "x" * 5000])
def test_a_source_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StatementError):
        read(name if "://" in name or not name else str(tmp_path / name))


def test_a_folder_a_pipe_and_an_unreadable_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(StatementError, match=r"folder|no regular file"):
            read(str(path))
    secret = tmp_path / "secret.md"
    secret.write_text("# T")
    secret.chmod(0)
    if os.geteuid() != 0:
        with pytest.raises(StatementError, match="permission denied"):
            read(str(secret))


def test_fifty_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "big.md"
    with path.open("wb") as file:
        file.truncate(50_000_000_000)  # sparse: reading it would take minutes and all the memory
    with pytest.raises(StatementError, match="the most that can be used is 10 MB"):
        read(str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_utf_8_and_whatever_bears_a_byte_order_mark_is_read(encoding: str) -> None:
    assert read("-", stdin="Café\n\nÀ l’œuvre.".encode(encoding)).title == "Café"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_ending_parts_lines(end: str) -> None:
    made = text(end.join(["# Title", "", "One.", "", "Two."]))
    assert (made.title, [b.text for b in made.blocks]) == ("Title", ["One.", "Two."])


def test_a_latin_1_page_that_says_so_is_read() -> None:
    page = (
        '<html lang="fr"><meta charset="iso-8859-1"><body><main><h1>Été</h1><p>Les œufs – voilà.</p></main>'
    )
    made = read("-", stdin=page.encode("cp1252"))
    assert (made.title, made.text) == ("Été", "Les œufs – voilà.")


# ---------------------------------------------------------------- front matter


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("alias-bomb", "line 3: aliases"),
        ("python-tag", "line 3: tags"),
        ("deep", "line 2: values are nested"),
        ("twice", "line 4: the key `title` stands twice"),
        ("tabs", "line 4: found character '\\t'"),
        ("colon", "line 2: mapping values are not allowed here; put a value with a colon in quotes"),
        ("list", "must be lines of `key: value`"),
        ("unclosed", "is not closed"),
    ],
)
def test_hostile_or_broken_front_matter_names_its_line(name: str, says: str) -> None:
    with pytest.raises(StatementError) as caught:
        read(str(FIXTURES / "hostile" / f"{name}.md"))
    assert says in str(caught.value)
    assert f"{name}.md" in str(caught.value)


def test_values_are_text_as_written_whatever_yaml_would_guess() -> None:
    made = text(
        "---\ntitle: 12:30\nlanguage: no\nissued: 2026-01-05\nembargo: 2026-01-05 15:00:00\nsummary: yes\n---\nB."
    )
    assert (made.title, made.language, made.issued) == ("12:30", "no", "2026-01-05")
    assert (made.embargo, made.summary) == ("2026-01-05 15:00:00", "yes")


def test_empty_values_are_absent_and_quoted_ones_are_not() -> None:
    made = front('url:\norganization: ~\nsummary: "null"\nhashtags:')
    assert (made.url, made.organization, made.summary, made.hashtags) == ("", "", "null", ())


def test_toml_front_matter_is_read() -> None:
    made = text('+++\ntitle = "A title"\nissued = 2026-05-04\nhashtags = ["Cables"]\n+++\n\nBody.')
    assert (made.title, made.issued, made.hashtags) == ("A title", "2026-05-04", ("Cables",))
    with pytest.raises(StatementError, match="line 3"):
        text('+++\ntitle = "A title"\nissued =\n+++\n\nBody.')


def test_a_rule_above_the_text_is_no_front_matter() -> None:
    assert text("---\n\n# Title\n\nBody.").title == "Title"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("url: example.org/a", "`url` must be a full http or https address"),
        ("url: ftp://example.org/", "`url` must be"),
        ("url: 'https://example.org/a b'", "`url` must be"),
        ("url: https://user:secret@example.org/", "`url` must be"),
        ("url: https://", "`url` must be"),
        ("url: [a]", "`url` must be text"),
        ("issued: yesterday", "`issued` must be an ISO 8601 date"),
        ("issued: 2026-13-01", "`issued` must be"),
        ("language: english please", "`language` must be a language tag"),
        ("hashtags: Cables", "`hashtags` must be a list, such as [CyberCrime, HumanRights]"),
        ("hashtags: ['2026']", "`hashtags` cannot be '2026'"),
        ("hashtags: [cyber-crime]", "`hashtags` cannot be"),
        ("hashtags: [{a: b}]", "`hashtags` must be a list of words"),
        ("documents: statement.pdf", "`documents` must be a list"),
        ("documents: [statement.pdf]", "`documents` must be a list of entries, such as [{path:"),
        ("documents: [{title: x}]", "needs either `path` or `url`"),
        ("documents: [{path: a.pdf, url: https://example.org/a.pdf}]", "needs either"),
        ("documents: [{url: example.org/a.pdf}]", "`url` must be a full"),
        ("images: [{path: a.png}]", "`images[1]` (a.png) has no `alt`"),
        ("images: [{path: a.png, alt: '  '}]", "has no `alt`"),
        ("images: [{path: a.png, alt: x}]", "has no folder to be relative to"),
        ("translations: statement.fr.md", "`translations` must be a list"),
        ("translations: [[x]]", "`translations` must be a list of file names"),
        ("channels: [x]", "`channels` must map a channel to its texts"),
        ("channels: {x: text}", "`channels.x` must be a mapping"),
        ("channels: {x: {text: a}, twitter: {text: b}}", "names x twice"),
        ('organization: "a\\nb"', "`organization` holds a line break"),
        ('embargo: "a\\rb"', "`embargo` holds a line break"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused_with_its_name_and_the_fix(fields: str, says: str) -> None:
    assert says in refused(fields)


@pytest.mark.parametrize("mark", ["\\r\\nBcc: a@example.org", "\\n", "\\0", "\\u2028", "\\u202e", "\\x85"])
def test_a_title_that_would_break_a_header_or_reverse_itself_is_refused(mark: str) -> None:
    with pytest.raises(StatementError, match="`title` holds"):
        text(f'---\ntitle: "A title{mark}and more"\n---\nBody.')


def test_line_breaks_around_a_title_are_only_blanks() -> None:
    assert text('---\ntitle: "\\n A title \\r\\n"\n---\nBody.').title == "A title"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-05-04", "2026-05-04"),
        ("'2026-05-04T09:00:00+02:00'", "2026-05-04T09:00:00+02:00"),
        ("2026-05-04T09:00:00Z", "2026-05-04T09:00:00Z"),
        ("2026-05-04 9:00:00 -05:00", "2026-05-04T09:00:00-05:00"),
        ("2026-05-04 10:08:00 -0500", "2026-05-04T10:08:00-05:00"),
        ("2026-05-04T09:00", "2026-05-04T09:00"),
    ],
)
def test_issued_is_iso_8601_and_gains_no_zone(written: str, kept: str) -> None:
    assert front(f"issued: {written}").issued == kept


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("en_GB", "en-GB"),
        ("es-419", "es-419"),
    ],
)
def test_language_tags_are_written_in_their_usual_case(written: str, tag: str) -> None:
    assert front(f"language: {written}").language == tag


def test_hashtags_lose_their_mark_and_become_one_word() -> None:
    tags = "['#Cables', cyber crime, FOC, foc, 'حقوق الإنسان', हिंदी, G7_2026]"
    assert front(f"hashtags: {tags}").hashtags == (
        "Cables",
        "CyberCrime",
        "FOC",
        "حقوقالإنسان",
        "हिंदी",
        "G7_2026",
    )


def test_overrides_are_kept_under_the_channels_own_name() -> None:
    made = front(
        'channels:\n  Twitter: {text: "Short. https://example.org/"}\n  email: {subject: S, preheader: P}'
    )
    assert made.overrides == {
        "x": {"text": "Short. https://example.org/"},
        "email": {"subject": "S", "preheader": "P"},
    }


def test_options_win_over_what_was_read() -> None:
    made = text(
        "---\ntitle: A\nurl: https://example.org/a\nlanguage: en\nembargo: x\n---\nBody.",
        title="B", url="https://example.org/b", language="fr", embargo="2026-01-01T00:00Z",
    )  # fmt: skip
    assert (made.title, made.url, made.language) == ("B", "https://example.org/b", "fr")
    assert made.embargo == "2026-01-01T00:00Z"
    with pytest.raises(StatementError, match="`url`"):
        text("# T\n\nBody.", url="nonsense")
    with pytest.raises(StatementError, match="line break"):
        text("# T\n\nBody.", title="a\nb")


def test_a_title_option_replaces_the_line_that_was_the_title() -> None:
    for source in ("# Old\n\nThe body.", "Old\n\nThe body.", "<h1>Old</h1><p>The body.</p>"):
        made = text(source, title="New")
        assert (made.title, made.text) == ("New", "The body.")


def test_other_systems_keys_are_notes_and_suggest_only_what_is_near() -> None:
    notes = front("titel: x\ndate: 2026-01-01\nlayout: post\nweight: 3").notes
    assert "unknown front-matter key `titel`; did you mean `issued`?" not in notes
    assert "unknown front-matter key `date`; did you mean `issued`?" in notes
    assert "front-matter keys that are not used: titel, layout, weight" in notes  # `title` is there already
    assert "unknown front-matter key `hashtag`; did you mean `hashtags`?" in front("hashtag: [a]").notes
    assert any("`draft: true`" in note for note in front("draft: true").notes)


def test_a_misspelt_title_key_is_named() -> None:
    with pytest.raises(StatementError, match="write `title:` for `Titel:`"):
        text("---\nTitel: A title\n---\nBody.")


def test_a_statement_is_known_by_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    assert read("statement.md").source == str(tmp_path / "statement.md")
    assert text("# T\n\nBody.").source == ""
    with pytest.raises(StatementError, match=r"^statement\.md: `url`"):
        read(Path(write(tmp_path, "url: x")).name)


def test_a_statement_without_a_link_or_text_is_read_with_a_warning() -> None:
    made = text("# Only a title")
    assert any("no link" in note for note in made.notes)
    assert any("no text" in note for note in made.notes)


# ---------------------------------------------------------------- characters


def test_span_marks_controls_and_invisible_blanks_go_and_joiners_stay() -> None:
    made = text(
        "T\ufdd0itle\n\nA\ufdd1 b\x07o\u200bdy\u00a0of\tte\u00adxt: \U0001f468\u200d\U0001f469, می\u200cخواهم."
    )
    assert made.title == "Title"
    assert made.text == "A body of text: \U0001f468\u200d\U0001f469, می\u200cخواهم."


def test_text_is_nfc_and_keeps_the_no_break_spaces_that_french_and_figures_need() -> None:
    made = text("Cafe\u0301\n\nIl a dit\u00a0: «\u00a0oui\u00a0» à 377\u00a0000 personnes,\u00a0hier.")
    assert made.title == "Café"
    assert made.text == "Il a dit\u00a0: «\u00a0oui\u00a0» à 377\u00a0000 personnes, hier."


def test_marks_of_direction_stay_where_they_are_closed_and_overrides_never() -> None:
    made = text(
        "Title\n\n\u200fنص \u2067كامل\u2069 هنا.\n\nOpen \u2067here it stays.\n\nTurned \u202earound."
    )
    assert [b.text for b in made.blocks] == [
        "\u200fنص \u2067كامل\u2069 هنا.",
        "Open here it stays.",
        "Turned around.",
    ]
    assert any("reverse the reading order" in note for note in made.notes)


def test_placeholders_of_other_systems_stay_text() -> None:
    made = text("# The {{ title }}\n\nSay {{ name }} and {% raw %} and ${x}.")
    assert (made.title, made.text) == ("The {{ title }}", "Say {{ name }} and {% raw %} and ${x}.")


def test_missing_blanks_are_not_repaired_and_footnote_marks_go() -> None:
    made = text(
        "Title\n\nAll parts of the worldIn 2024 an area of 20 km² was lost.¹ The flow of information² ³."
    )
    assert made.text == "All parts of the worldIn 2024 an area of 20 km² was lost. The flow of information."


# ---------------------------------------------------------------- embargo


WORDINGS = [
    "EMBARGOED UNTIL 15:00 GMT, 3 June 2026",
    "Embargoed till Tuesday",
    "Under embargo until 3 June",
    "UNDER EMBARGO",
    "Strictly under embargo: 3 June, 09:00",
    "Embargo: 3 June",
    "Press embargo until 9 a.m.",
    "NOT FOR PUBLICATION BEFORE 3 JUNE",
    "Hold for release until 3 June 2026",
    "Sous embargo jusqu’au 3 juin à 9 h",
    "Embargo jusqu'au 3 juin",
    "Embargado hasta el 3 de junio",
    "Bajo embargo hasta las 15:00",
    "Sperrfrist: 3. Juni, 15 Uhr",
    "Embargo till den 3 juni kl. 09.00",
    "Sotto embargo fino alle 15",
    "Onder embargo tot 3 juni",
    "Sob embargo até 3 de junho",
    "حظر النشر حتى 3 يونيو",
    "محظور النشر قبل 3 يونيو",
]


@pytest.mark.parametrize("wording", WORDINGS)
def test_embargo_wording_without_an_embargo_is_refused_and_with_one_is_left_out(wording: str) -> None:
    source = f"{wording}\n\nA title\n\nThe body says what is to be said."
    with pytest.raises(StatementError, match="declares no embargo"):
        text(source)
    for options in ({"embargo": "2026-06-03T15:00Z"}, {"no_embargo": True}):
        made = text(source, **options)
        assert (made.title, made.text) == ("A title", "The body says what is to be said.")
        assert any(wording[:20] in note for note in made.notes)


@pytest.mark.parametrize(
    "page",
    [
        "<main><h1>A title</h1>{}<p>{}</p></main>",
        "<main>{}<h1>A title</h1><p>{}</p></main>",
        "<main><header class=banner>{}</header><h1>A title</h1><p>{}</p></main>",
        "<main><h1>A title</h1><aside>{}</aside><p>{}</p></main>",
        "<div><h1>A title</h1>{}<p>{}</p></div>",
        "<div id=top>{}</div><div id=content><h1>A title</h1><p>{}</p></div>",
    ],
)
def test_an_embargo_line_of_a_page_is_never_mere_furniture(page: str) -> None:
    """A reader that leaves the line out must not leave the embargo out."""
    body = "The ministers of nine countries adopted a charter for open data in Lund on Monday morning."
    made = f"<html><body>{page.format('<p>EMBARGOED UNTIL 15:00 CET, 3 May 2026</p>', body)}</body></html>"
    with pytest.raises(StatementError, match="declares no embargo"):
        text(made)
    assert text(made, no_embargo=True).text == body


@pytest.mark.parametrize(
    "sentence",
    [
        "The members renewed the arms embargo until 31 May 2027.",
        "Embargo on arms exports is the right answer to this war.",
        "An embargo against the regime remains in force.",
        "Governments must end censorship and any ban on publication.",
        "The text is clear: no embargo was ever lifted.",
        "ندين حظر النشر المفروض على الصحفيين في هذا البلد.",
    ],
)
def test_a_statement_about_an_embargo_is_no_embargoed_statement(sentence: str) -> None:
    assert text(f"Coalition renews its arms embargo\n\n{sentence}").text == sentence


def test_embargo_wording_within_a_sentence_is_refused_and_then_noted() -> None:
    body = "Dear colleagues, this statement is embargoed until 15:00 and must not be shared."
    with pytest.raises(StatementError, match="declares no embargo"):
        text(f"# A title\n\n{body}")
    made = text(f"# A title\n\n{body}", embargo="2026-06-03T15:00Z")
    assert made.text == body
    assert any("still speaks of an embargo" in note for note in made.notes)


def test_embargo_wording_in_a_title_would_be_published_and_is_refused() -> None:
    with pytest.raises(StatementError, match="`title` holds embargo wording"):
        text('---\ntitle: "EMBARGOED UNTIL 15:00: A title"\nembargo: 2026-06-03T15:00Z\n---\nBody.')


# ---------------------------------------------------------------- media


def test_media_are_bytes_with_their_type_found_from_the_content(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "documents: [{path: a.pdf, title: The text}, {url: 'https://example.org/b.pdf', title: Linked}]\n"
        "images: [{path: c.jpg, alt: A sea}]",
        a_pdf=PDF, c_jpg=PNG,
    )  # fmt: skip
    document, linked, image = read(path).media
    assert (document.type, document.size, document.content) == ("application/pdf", len(PDF), PDF)
    assert (linked.url, linked.content, linked.digest) == ("https://example.org/b.pdf", None, "")
    assert (image.name, image.type, image.alt) == ("c.jpg", "image/png", "A sea")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.pdf",
        "sub/../../secret.pdf",
        "/etc/hosts",
        "~/x.pdf",
        "C:\\x.pdf",
        "out.pdf",
        "away/secret.pdf",
    ],
)
def test_a_path_may_not_leave_the_statements_folder(tmp_path: Path, path: str) -> None:
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (home / "out.pdf").symlink_to(tmp_path / "secret.pdf")
    (home / "away").symlink_to(tmp_path)
    with pytest.raises(StatementError, match="folder"):
        read(write(home, f"documents: [{{path: '{path}', title: x}}]"))


def test_a_link_within_the_folder_is_followed_and_a_loop_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "real.pdf").write_bytes(PDF)
    (tmp_path / "link.pdf").symlink_to("sub/real.pdf")
    assert read(write(tmp_path, "documents: [{path: link.pdf, title: x}]")).documents[0].content == PDF
    (tmp_path / "loop.pdf").symlink_to("loop.pdf")
    with pytest.raises(StatementError):
        read(write(tmp_path, "documents: [{path: loop.pdf, title: x}]"))


@pytest.mark.parametrize(
    ("fields", "content", "says"),
    [
        ("documents: [{path: missing.pdf, title: x}]", b"", "no such file"),
        ("documents: [{path: a.pdf, title: x}]", b"", "is an empty file"),
        ("documents: [{path: a.pdf, title: x}]", b"<!DOCTYPE html><p>404", "is an HTML page"),
        ("documents: [{path: a.pdf, title: x}]", b"MZ\x90 a program", "give a PDF"),
        ("documents: [{path: ., title: x}]", b"", "is a folder"),
        ("images: [{path: a.pdf, alt: x}]", PDF, "is no image (a.pdf is a PDF)"),
        ("images: [{path: a.pdf, alt: x}]", PNG[:20], "is cut off"),
        ('images: [{path: a.pdf, alt: "a\\u202eb"}]', PNG, "`alt` holds"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(
    tmp_path: Path, fields: str, content: bytes, says: str
) -> None:
    with pytest.raises(StatementError) as caught:
        read(write(tmp_path, fields, a_pdf=content))
    assert says in str(caught.value)
    assert "statement.md" in str(caught.value)


def test_a_document_of_more_than_100_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "a.pdf").open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(StatementError, match="100 MB"):
        read(write(tmp_path, "documents: [{path: a.pdf, title: x}]"))


def test_a_document_without_a_title_is_named_after_its_file_with_a_note(tmp_path: Path) -> None:
    made = read(write(tmp_path, "documents: [{path: a.pdf, tittle: x}]", a_pdf=PDF[:-7]))
    assert made.documents[0].title == "a.pdf"
    assert any("no title" in note for note in made.notes)
    assert any("`tittle`" in note for note in made.notes)
    assert any("complete" in note for note in made.notes)


# ---------------------------------------------------------------- translations


def test_translations_are_statements_of_their_own_with_what_they_lack_from_the_main_one() -> None:
    main = read(str(FIXTURES / "languages" / "statement.md"))
    french, arabic = main.translations
    assert [s.language for s in main.languages] == ["en", "fr", "ar"]
    assert french.url == "https://www.example.org/fr/cables-sous-marins"
    assert arabic.url == main.url
    assert any("no `url` of its own" in note for note in arabic.notes)
    assert french.organization == arabic.organization == "Coastal Forum"
    assert french.text.endswith("a déclaré le secrétaire du Forum.")


@pytest.mark.parametrize(
    ("main", "other", "says"),
    [
        ("language: fr", "title: B\nlanguage: fr", "is in the same language (fr)"),
        ("language: en", "title: B\nlanguage: fr\ntranslations: [statement.md]", "belongs in the main file"),
        (
            "language: en\nembargo: 2026-06-03T15:00Z",
            "title: B\nlanguage: fr\nembargo: 2026-06-04T15:00Z",
            "leave together",
        ),
        ("language: en", "title: B\nlanguage: fr\nembargo: 2026-06-04T15:00Z", "leave together"),
        ("language: en", "language: fr", "has no title"),
    ],
)
def test_translations_that_do_not_fit_together_are_refused(
    tmp_path: Path, main: str, other: str, says: str
) -> None:
    (tmp_path / "other.md").write_text(f"---\n{other}\n---\n\nDu texte.\n")
    with pytest.raises(StatementError) as caught:
        read(write(tmp_path, f"{main}\ntranslations: [other.md]"))
    assert says in str(caught.value)


def test_the_embargo_holds_for_every_language(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text(
        "---\ntitle: B\nlanguage: fr\n---\n\nSous embargo jusqu’au 3 juin\n\nDu texte.\n"
    )
    made = read(write(tmp_path, "language: en\nembargo: 2026-06-03T15:00Z\ntranslations: [other.md]"))
    assert made.translations[0].embargo == made.embargo
    assert made.translations[0].text == "Du texte."


@pytest.mark.parametrize("path", ["../other.md", "/etc/hostname", "missing.md"])
def test_a_translation_may_not_leave_the_folder_or_be_missing(tmp_path: Path, path: str) -> None:
    (tmp_path / "other.md").write_text("# B\n\nText.")
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(StatementError):
        read(write(home, f"translations: ['{path}']"))


# ---------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        (
            "We call on all the governments to halt these measures and to respect the rights of journalists.",
            "en",
        ),
        (
            "Nous appelons les gouvernements à mettre fin à ces mesures et à respecter les droits des journalistes.",
            "fr",
        ),
        (
            "Pedimos a los gobiernos que pongan fin a estas medidas y que respeten los derechos de la prensa.",
            "es",
        ),
        (
            "Wir rufen die Regierungen auf, diese Maßnahmen zu beenden und die Rechte der Presse zu achten.",
            "de",
        ),
        (
            "Vi uppmanar regeringarna att avbryta dessa åtgärder och att respektera de rättigheter som pressen har.",
            "sv",
        ),
        ("Мы призываем правительства прекратить эти меры и уважать права журналистов во всём мире.", "ru"),
        ("ندعو الحكومات إلى وقف هذه التدابير واحترام حقوق الصحفيين في جميع أنحاء العالم.", "ar"),
        ("ہم حکومتوں سے مطالبہ کرتے ہیں کہ وہ یہ اقدامات روکیں اور صحافیوں کے حقوق کا احترام کریں۔", "ur"),
        ("我们呼吁各国政府停止这些措施，尊重世界各地记者的权利。", "zh"),
        ("私たちは各国政府に対し、これらの措置を停止し、記者の権利を尊重するよう求めます。", "ja"),
        (
            "Apelamos aos governos para que ponham fim a estas medidas e para que não violem os direitos da imprensa.",
            "pt",
        ),
        (
            "Chiediamo ai governi di porre fine a queste misure e di rispettare i diritti della stampa nel mondo.",
            "it",
        ),
        (
            "Wij roepen de regeringen op om een einde te maken aan deze maatregelen en de rechten van de pers te eerbiedigen.",
            "nl",
        ),
    ],
)
def test_a_language_nobody_declared_is_told_from_the_words(words: str, tag: str) -> None:
    assert text(f"# X\n\n{words}").language == tag


@pytest.mark.parametrize(
    "words",
    [
        "Xyz.",
        "Vi oppfordrer regjeringene til å stanse disse tiltakene og til ikke å true pressen i det landet.",
        "Ми закликаємо уряди припинити ці заходи.",
        "ما از دولت‌ها می‌خواهیم که پایان دهند.",
    ],
)
def test_an_undecided_language_is_english_with_a_note(words: str) -> None:
    made = text(f"# X\n\n{words}")
    assert made.language == "en"
    assert any("English is assumed" in note for note in made.notes)


def test_a_declared_language_wins_and_a_doubt_is_noted() -> None:
    made = front(
        "language: en",
        "Nous appelons les gouvernements à mettre fin à ces mesures et à respecter les droits.",
    )
    assert made.language == "en"
    assert any("another language (fr)" in note for note in made.notes)
