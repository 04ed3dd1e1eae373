"""What bad input gets: one sentence naming the file, the field and the fix; nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = "---\ntitle: A charter is adopted\nurl: https://www.example.org/c\n"
BODY = "---\nNine ministers adopted a charter for open data in Lund on Monday.\n"

STATEMENTS = {
    "empty": (b"", "empty"),
    "blank": (b"  \n\n \n", "empty"),
    "binary": (bytes(range(256)) * 20, "no text"),
    "latin-1": ("Déclaration commune\n\nLes ministres réunis à Genève.\n".encode("latin-1"), "UTF-8"),
    "broken yaml": (b"---\ntitle: [unclosed\n---\nBody text.\n", "line"),
    "hostile yaml": (b"---\ntitle: !!python/object/apply:os.system ['true']\n---\nBody.\n", "front matter"),
    "yaml bomb": (
        b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\ntitle: *c\n---\nBody.\n",
        "front matter",
    ),
    "no title": (b"---\nurl: https://www.example.org/c\n---\n\n", "title"),
    "title is a list": (b"---\ntitle: [a, b]\n---\nBody text here.\n", "title"),
    "image without alt": (f"{HEAD}images:\n  - path: a.png\n{BODY}".encode(), "alt"),
    "climbing path": (f"{HEAD}images:\n  - path: ../../etc/passwd\n    alt: x\n{BODY}".encode(), "folder"),
    "absolute path": (f"{HEAD}documents:\n  - path: /etc/passwd\n    title: x\n{BODY}".encode(), "folder"),
    "missing document": (f"{HEAD}documents:\n  - path: no.pdf\n    title: x\n{BODY}".encode(), "no.pdf"),
    "embargo wording": (b"A charter is adopted\n\nEMBARGOED UNTIL 10:00 CET\n\nNine ministers adopted a charter.\n", "embargo"),
    "line break in title": (b'---\ntitle: "One\\nTwo"\n---\nBody text.\n', "title"),
    "nul in title": (b'---\ntitle: "One\\0Two"\n---\nBody text.\n', "title"),
    "url that is none": (b"---\ntitle: T\nurl: javascript:alert(1)\n---\nBody text.\n", "url"),
    "date that is none": (f"{HEAD}issued: last Tuesday\n{BODY}".encode(), "issued"),
    "embargo that is no date": (f"{HEAD}embargo: sometime\n{BODY}".encode(), "bad.md: `embargo` 'sometime' is no date"),
    "embargo on a day that there is not": (f"{HEAD}embargo: 2026-02-30T10:00Z\n{BODY}".encode(), "write 2027-01-15T15:00"),
    "images that are no list": (f"{HEAD}images: a.png\n{BODY}".encode(), "such as [{path"),
    "unknown override": (f"{HEAD}channels:\n  x: {{txet: hello}}\n{BODY}".encode(), "txet"),
    "override too long": (f"{HEAD}channels:\n  x: {{text: {'word ' * 80}}}\n{BODY}".encode(), "280"),
    "endless headline": (f"---\ntitle: {'Charter ' * 60}\n{BODY}".encode(), "channels: {x: {text: …}}"),
    "hashtag that is none": (f"{HEAD}hashtags: ['!!!']\n{BODY}".encode(), "hashtag"),
    "language that is none": (f"{HEAD}language: 'not a language'\n{BODY}".encode(), "language"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_cannot_be_used_is_refused_in_a_sentence(desk, box, name: str) -> None:
    """Exit 65 from preview, submit and publish; nothing stored, nothing sent."""
    content, says = STATEMENTS[name]
    Path("bad.md").write_bytes(content)
    for words in (["preview", "bad.md"], ["submit", "bad.md"], ["publish", "bad.md", "--yes"]):
        ran = desk(*words)
        assert ran.code == 65, (words, ran)
        assert says.lower() in ran.err.lower(), ran.err
        assert ran.err.count("\n") <= 6, ran.err
    assert desk("queue").out == ""
    assert desk("log").out == ""
    assert box.public == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["preview", "missing.md"], 65),
        (["preview", "."], 65),
        (["preview"], 2),
        (["preview", "s.md", "--channel", "mastodon"], 2),
        (["publis", "s.md"], 2),
        (["publish", "s.md", "--nonsense"], 2),
        (["show", "zzzzzz"], 2),
        (["approve", "zzzzzz"], 2),
        (["retry", "zzzzzz/x"], 2),
        (["resolve", "zzzzzz/x"], 2),
        (["resolve", "zzzzzz/x", "--published", "--not-published"], 2),
        (["cancel", ""], 2),
        (["reject", "zzzzzz"], 2),
        (["test", "s.md", "--to", "nobody"], 2),
        (["subscribers", "add", "nobody"], 2),
        (["subscribers", "import", "missing.csv"], 2),
        (["preview", "s.md", "--html", "no/such/folder/p.html"], 2),
        (["publish", "s.md", "--yes", "--at", "whenever"], 2),
        (["preview", "s.md", "--embargo", "whenever"], 2),
        (["preview", "http://127.0.0.1:1/page"], 65),
        (["preview", "http://169.254.169.254/latest/meta-data"], 65),
        (["sandbox", "--fault", "nonsense"], 2),
        (["sandbox", "--port", "8600", "--smtp-port", "8600"], 2),
        (["sandbox", "--port", "8600", "--smtp-port", "8601"], 2),
    ],
)
def test_a_command_that_makes_no_sense_gets_a_sentence(desk, box, words: list[str], code: int) -> None:
    """Usage is exit 2, a statement that cannot be had 65; with --json the error is JSON on stdout."""
    desk.write(name="s.md")
    ran = desk(*words)
    assert ran.code == code, ran
    assert ran.err.strip()
    assert box.public == []


@pytest.mark.parametrize("words", [[], ["ledger"], ["subscribers"]])
def test_no_command_at_all_shows_what_there_is(bare, words: list[str]) -> None:
    """The help itself, on stderr, as a usage error."""
    ran = bare(*words)
    assert ran.code == 2 and ran.out == "" and ran.err.startswith("Usage: publisher")


def test_errors_are_json_where_json_was_asked_for(bare) -> None:
    """One object with the kind and the message, on stdout."""
    ran = bare("preview", "missing.md", "--json")
    assert ran.code == 65
    assert ran.json["schema"] == 1
    assert ran.json["error"]["kind"] == "StatementError"
    assert "missing.md" in ran.json["error"]["message"]
    ran = bare("nonsense", "--json")
    assert (ran.code, ran.json["error"]["kind"]) == (2, "UsageError")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PUBLISHER_TIMEZONE", "Mars/Phobos", "PUBLISHER_TIMEZONE"),
        ("PUBLISHER_APPROVALS", "none", "PUBLISHER_APPROVALS"),
        ("PUBLISHER_RETRY__FIRST", "-1", "PUBLISHER_RETRY__FIRST"),
        ("PUBLISHER_RETRY__CAP", "inf", "PUBLISHER_RETRY__CAP"),
        ("PUBLISHER_PLAN__QUIET", "25:00-99:00", "PUBLISHER_PLAN__QUIET"),
        ("PUBLISHER_CHANNELS", "x,pigeon", "pigeon"),
        ("PUBLISHER_TEMPLATES", "/no/such/folder", "PUBLISHER_TEMPLATES"),
        ("PUBLISHER_DATABASE_URL", "nonsense://", "PUBLISHER_DATABASE_URL"),
        ("PUBLISHER_X__CONNECT_TIMEOUT", "soon", "PUBLISHER_X__CONNECT_TIMEOUT"),
        ("PUBLISHER_SETTINGS", "missing.env", "PUBLISHER_SETTINGS"),
    ],
)
def test_a_setting_that_is_wrong_is_named(desk, box, monkeypatch, name: str, value: str, says: str) -> None:
    """Exit 78; the sentence names the setting."""
    monkeypatch.setenv(name, value)
    ran = desk("publish", desk.write(), "--yes")
    assert ran.code == 78, ran
    assert says in ran.err
    assert box.public == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b'PUBLISHER_APPROVER=A\nPUBLISHER_X__ACCOUNT="office\nPUBLISHER_TIMEZONE=UTC\n',
            ".env, line 2: this is no NAME=value",
        ),
        (b"these are my settings\n", ".env, line 1"),
        (b"\xff\xfe\x00P", ".env is not UTF-8 (byte 0)"),
    ],
)
def test_a_settings_file_that_cannot_be_read_is_named_with_its_line(bare, content: bytes, says: str) -> None:
    """A quote that is not closed must not take the settings below it away without a word."""
    Path(".env").write_bytes(content)
    for words in (["queue"], ["doctor"], ["preview", bare.write()]):
        ran = bare(*words)
        assert ran.code == 78 and says in ran.err, ran


def test_a_folder_that_may_not_be_entered_has_no_settings(bare, monkeypatch) -> None:
    """`sudo -u publisher publisher status`, from somebody's home; the system's own file must not be passed over."""
    real = Path.is_file

    def refused(path: Path) -> bool:
        if str(path) in hidden:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_file", refused)
    hidden = {".env"}
    assert bare("queue").code == 0
    hidden.add("/etc/publisher/settings.env")
    ran = bare("queue")
    assert ran.code == 78 and "sudo -u publisher" in ran.err


def test_a_setting_that_is_misspelt_is_pointed_out(desk, monkeypatch) -> None:
    """A warning with the nearest name."""
    monkeypatch.setenv("PUBLISHER_TIMEZON", "Europe/Zurich")
    assert "did you mean PUBLISHER_TIMEZONE" in desk("queue").err


def test_a_statement_s_own_braces_stay_text(desk, box) -> None:
    """No template runs on what a statement says."""
    path = desk.write(
        "---\ntitle: The {{ title }} charter {% raw %}\nurl: https://www.example.org/c\n---\nThe ministers {{ 7*7 }} adopted the charter for open data in Lund.\n"
    )
    assert desk("publish", path, "--yes").code == 0
    texts = [item.text for item in box.public if item.service == "x"]
    assert texts[0].startswith("The {{ title }} charter {% raw %}")
    assert "49" not in texts[0]


def test_an_override_for_a_channel_that_is_misspelt_is_pointed_out(desk) -> None:
    """The author's words must not be lost without a word."""
    path = desk.write(f"{HEAD}channels:\n  linkdin: {{text: hello}}\n{BODY}")
    assert "did you mean `linkedin`?" in desk("preview", path, "--channel", "x").out


def test_no_link_is_allowed_with_a_warning(desk, box) -> None:
    """A statement without a page still goes out."""
    path = desk.write(
        "---\ntitle: A charter is adopted\n---\nNine ministers adopted a charter for open data in Lund.\n"
    )
    assert "link" in desk("preview", path).out
    assert desk("publish", path, "--yes").code == 0
    assert len(box.public) == 3


def test_a_broken_template_of_the_user_s_is_named(desk) -> None:
    """Exit 78 with the file and the line."""
    Path("mine").mkdir()
    Path("mine/x.post.j2").write_text("{{ title }}\n{{ nonsense }}\n")
    import os

    os.environ["PUBLISHER_TEMPLATES"] = "mine"
    try:
        ran = desk("preview", desk.write())
    finally:
        del os.environ["PUBLISHER_TEMPLATES"]
    assert ran.code == 78
    assert "x.post.j2" in ran.err
