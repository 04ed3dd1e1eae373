"""The documentation says what the code does. `PUBLISHER_WRITE_DOCS=1 pytest tests/e2e/test_docs.py` writes what is generated.

Four things in the pages are generated, and held against the code otherwise: docs/commands.md and docs/settings.md; a
code block under `<!-- file: PATH -->` is that file, one under `<!-- output: COMMAND -->` what the command prints for the
shipped example; in a table whose last column is "try it", what the tool says is measured with that fault or setting.
Blocks under `<!-- runs -->` are run as they stand, page by page, in an empty folder.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import jinja2
import jinja2.meta
import pytest

from publisher import errors, render, settings, views
from publisher.cli import cli
from publisher.intake.fields import KEYS
from publisher.sandbox import FAULTS, Sandbox

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
EXAMPLE = ROOT / "publisher" / "example"
WRITING = bool(os.environ.get("PUBLISHER_WRITE_DOCS"))
HOW = "run PUBLISHER_WRITE_DOCS=1 pytest tests/e2e/test_docs.py, and read what changed"

_BLOCK = re.compile(
    r"^(?P<indent> *)<!-- (?P<kind>runs|file|output)(?:: (?P<what>.*?))? -->\n(?P<open> *```\w+\n)(?P<body>.*?)(?P<close>^ *```$)",
    re.M | re.S,
)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text(page: str | Path) -> str:
    return (ROOT / page).read_text("utf-8")


def held(page: Path, wanted: str) -> None:
    """The page is `wanted`; written where that was asked for."""
    if WRITING:
        page.write_text(wanted, "utf-8")
    assert page.read_text("utf-8") == wanted, f"{named(page)} is not what the code says: {HOW}"


# ---------------------------------------------------------------- generated pages


def commands(group: click.Group, above: str = "publisher") -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, those of a group after it."""
    for name, command in group.commands.items():
        yield f"{above} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")


def command_page() -> str:
    made = "# Commands\n\n<!-- Written by tests/e2e/test_docs.py from the commands' own help. -->\n\n"
    made += (
        "Data goes to stdout, talk to stderr. What the exit codes mean: [operating](operating.md#exit-codes). "
        "Where ANNOUNCEMENT\nstands, an id, the beginning of one, `@last`, `@next` or one of its deliveries will do. "
        "WHEN is ISO 8601, `15:00`,\n`tomorrow 09:00` or `+2h`, each with an optional zone name such as `Europe/Zurich`.\n"
    )
    for name, command in commands(cli):
        made += f"\n## {name}\n\n{_help(name, command)}"
    return made


def _help(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    about, _, example = inspect.cleandoc(command.help or "").partition("\b")
    rows = [p.get_help_record(context) for p in command.params]
    options = [f"| `{names.replace('|', chr(92) + '|')}` | {says} |" for names, says in filter(None, rows)]
    parts = [about.strip(), f"```text\n{usage}\n```"]
    parts += [f"```sh\n{example.strip()}\n```"] if example.strip() else []
    parts += ["| option | |\n|---|---|\n" + "\n".join(options)] if options else []
    return "\n\n".join(parts) + "\n"


def setting_page() -> str:
    made = "# Settings\n\n<!-- Written by tests/e2e/test_docs.py from the settings' own models. -->\n\n"
    made += (
        "Read from the environment; then from the file that `PUBLISHER_SETTINGS` names, else `.env` in the current folder,\n"
        "else `/etc/publisher/settings.env`; then from `credentials.env` beside that file; then from folders that hold one\n"
        "secret a file (`$CREDENTIALS_DIRECTORY`, `/run/secrets`). The first wins. Keep the files to yourself: mode 600.\n"
    )
    section = None
    for name, (default, about) in settings.names(("x", "linkedin", "email")).items():
        head = name.removeprefix("PUBLISHER_").rpartition("__")[0]
        if head != section:
            made += f"\n## {head or 'General'}\n\n| name | default | |\n|---|---|---|\n"
            section = head
        made += f"| `{name}` | {f'`{default}`' if default else '–'} | {about} |\n"
    return made


def test_every_command_and_option_is_documented() -> None:
    """docs/commands.md is made from the commands' own help."""
    held(DOCS / "commands.md", command_page())


def test_every_setting_is_documented() -> None:
    """docs/settings.md is made from the settings' own models."""
    held(DOCS / "settings.md", setting_page())


@pytest.mark.parametrize("name", [name for name, _ in commands(cli)])
def test_every_command_and_option_explains_itself(name: str) -> None:
    """A help text for each."""
    command = dict(commands(cli))[name]
    assert command.help
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert not silent, f"{name}: {', '.join(map(str, silent))} says nothing"


# ---------------------------------------------------------------- generated blocks


def _filled(page: Path, kind: str, made: dict[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found["kind"] != kind:
            return found[0]
        head = found[0][: found.start("body") - found.start()]
        return head + made[found["what"]] + found["close"]

    return _BLOCK.sub(one, text(page))


def blocks(kind: str) -> list[tuple[Path, str, str]]:
    """(page, what the marker names, body) of every block of a kind."""
    return [
        (page, found["what"] or "", _dedented(found))
        for page in PAGES
        for found in _BLOCK.finditer(text(page))
        if found["kind"] == kind
    ]


def _dedented(found: re.Match[str]) -> str:
    return re.sub(rf"^{found['indent']}", "", found["body"], flags=re.M)


def test_code_in_the_pages_is_the_code_that_is_tested() -> None:
    """Cut out of the files it names."""
    cut = blocks("file")
    assert {what for _, what, _ in cut} >= {"tests/fixtures/plugin/publisher_courier/__init__.py"}
    for page in {page for page, _, _ in cut}:
        held(page, _filled(page, "file", {w: text(w) for p, w, _ in cut if p == page}))


def test_output_in_the_pages_is_what_is_printed(bare, monkeypatch) -> None:
    """For the shipped example, in an empty environment."""
    shown = blocks("output")
    assert shown
    monkeypatch.chdir(EXAMPLE)
    made = {}
    for _, command, _ in shown:
        ran = bare(*shlex.split(command)[1:])
        assert ran.code == 0, ran.err
        made[command] = ran.out
    for page, _, _ in shown:
        held(page, _filled(page, "output", made))


# ---------------------------------------------------------------- what goes wrong


_ROW = re.compile(
    r"^\| (?P<what>[^|]+) \|(?P<state>[^|]*)\|(?P<says>[^|]*)\| (?P<do>[^|]+) \| `(?P<try>[^`|]+)` \|$", re.M
)


@pytest.mark.parametrize("channel", ["x", "linkedin", "email"])
def test_what_is_said_of_each_trouble_is_what_the_tool_says(channel: str, tmp_path: Path) -> None:
    """Each row of the page's table, run against the sandbox."""
    page = DOCS / f"{channel}.md"
    assert len(_ROW.findall(text(page))) > 5

    def one(row: re.Match[str]) -> str:
        state, says = measured(channel, row["try"], tmp_path)
        says = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "2026-11-29 09:00", says)  # any day's
        return f"| {row['what']} | {state} | {says} | {row['do']} | `{row['try']}` |"

    held(page, _ROW.sub(one, text(page)))


def measured(channel: str, trouble: str, folder: Path) -> tuple[str, str]:
    """State and exit code, and the sentence, of publishing into a fault, or with a setting changed."""
    from publisher.api import Publisher, Source
    from publisher.errors import PublisherError
    from publisher.settings import Settings

    with Sandbox(hang=1) as box:
        values = box.settings() | {
            "PUBLISHER_CHANNELS": channel,
            "PUBLISHER_DATABASE_URL": f"sqlite:///{folder / re.sub(r'[^a-z0-9]', '', trouble.lower())}.db",
            "PUBLISHER_EMAIL__LIST_ADDRESS": "statements@lists.example.org",
            "PUBLISHER_PLAN__CHECK_URL": "false",
        }
        if trouble in FAULTS:
            box.fault(trouble, 600 if trouble.endswith("-refuse") else 1)
        else:
            values |= [trouble.split("=", 1)]
        relay = values["PUBLISHER_EMAIL__SMTP_URL"]
        office = Publisher(Settings(values, files=False))
        try:
            key, _ = office.publish(Source(str(EXAMPLE / "statement.md")), by="officer")
            office.deliver(key, wait=0)
            view = views.announcement(office.ledger, key)
            of = view["deliveries"][0]
            code, error = views.exit_code(view), of["error"]
            said = f"{error['kind']}: {error['message']}" if error else f"what is public is {of['live']}"
            state = f"`{of['state']}` · {code}"
        except PublisherError as error:
            state, said = f"– · {error.exit_code}", error.message
        finally:
            office.close()
    return state, _usual(said.replace(relay, "smtp://mail.example.org:587"))


def _usual(said: str) -> str:
    """A sentence without what is another each time: the ids of requests and posts."""
    return re.sub(r"urn:li:share:\d+", "urn:li:share:7…", re.sub(r" ?\(request \w+\)", "", said))


# ---------------------------------------------------------------- what can be run


STARTED = """\
import json, os, socket, sys
import publisher.api, publisher.audience, publisher.deliver, publisher.log, publisher.page, publisher.rehearsal
import publisher.intake, publisher.views, publisher.ledger, pydantic_settings, tweepy
from publisher.cli import main
from publisher.sandbox import Sandbox

where, rehearsal = sys.argv[1], json.loads(sys.argv[2])
publisher.rehearsal._answers = lambda: True
known = Sandbox.settings
Sandbox.settings = lambda box: known(box) | rehearsal
door = socket.socket(socket.AF_UNIX)
door.bind(where)
door.listen()
print("ready", flush=True)
while True:
    client, _ = door.accept()
    if os.fork():
        client.close()
        continue
    asked, streams, *_ = socket.recv_fds(client, 1 << 20, 3)
    for n, stream in enumerate(streams):
        os.dup2(stream, n)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", 1)
    words, environment, folder = json.loads(asked)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        main(words)
    except SystemExit as ended:
        sys.stdout.flush()
        client.send(bytes([ended.code or 0]))
    os._exit(0)
"""
"""A process that has imported everything and forks for each command: a fifth of the time, the same behaviour."""

COMMAND = """\
#!{python} -IS
import json, os, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect({where!r})
asked = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(door, [asked], [0, 1, 2])
sys.exit((door.recv(1) or b"\\xff")[0])
"""


@pytest.fixture
def shell(empty: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A shell's environment in an empty folder: the settings of a sandbox, `publisher` on the path.

    Rehearsals go to a sandbox of their own at free ports, so that tests do not meet.
    """
    with Sandbox() as box, Sandbox() as rehearsal:
        where = str(tmp_path / "door")
        started = subprocess.Popen(
            [sys.executable, "-c", STARTED, where, json.dumps(rehearsal.settings())],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert started.stdout and started.stdout.readline() == b"ready\n"
        command = tmp_path / "bin" / "publisher"
        command.parent.mkdir()
        command.write_text(COMMAND.format(python=sys.executable, where=where))
        command.chmod(0o755)
        kept = {name: os.environ[name] for name in ("HOME", "XDG_STATE_HOME")}
        yield (
            kept
            | box.settings()
            | {
                "PATH": f"{command.parent}:{os.environ['PATH']}",
                "LANG": "C.UTF-8",
                "PUBLISHER_EMAIL__LIST_ADDRESS": "statements@lists.example.org",
                "PUBLISHER_PLAN__CHECK_URL": "false",
            }
        )
        started.kill()
        started.wait()


@pytest.mark.parametrize("name", sorted({named(page) for page, _, _ in blocks("runs")}))
def test_what_can_be_run_runs(name: str, empty: Path, shell: dict[str, str]) -> None:
    """Word by word, block after block, in one folder."""
    script = "\n".join(body for page, _, body in blocks("runs") if named(page) == name)
    ran = subprocess.run(
        [shutil.which("bash") or "bash", "-euo", "pipefail", "-c", script],
        cwd=empty,
        env=shell,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    assert "Traceback" not in ran.stderr


def spoken() -> Iterator[tuple[str, str]]:
    """(page, command) of every `publisher …` that a page speaks of, in shell blocks and in running text."""
    for page in PAGES:
        content = text(page)
        for block in re.findall(r"^ *```(?:sh|cron)\n(.*?)^ *```", content, re.M | re.S):
            for line in block.splitlines():
                if found := re.search(r"(?:^|\s)(publisher\s.*)$", line):
                    yield named(page), found[1]
        plain = re.sub(r"^ *```.*?^ *```", "", content, flags=re.M | re.S)
        for code in re.findall(r"`((?:[A-Z_]+=\S+ )?publisher [^`]+)`", plain):
            yield named(page), code[code.index("publisher ") :]


def test_every_command_the_pages_speak_of_exists() -> None:
    """With every option they give it."""
    said = list(spoken())
    assert len(said) > 60
    for page, line in said:
        words = shlex.split(line, comments=True)[1:]
        if (words and words[0].isupper()) or words[:1] == ["…"]:
            continue
        command: click.Command = cli
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{page}: there is no `{line}`"
            command = command.commands[words.pop(0)]
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
        given = {w.partition("=")[0] for w in words if re.match(r"--?[a-z]", w)}
        assert given <= known, f"{page}: `{line}` has no {', '.join(given - known)}"


def test_every_setting_the_pages_speak_of_exists() -> None:
    """A name that nothing reads would be believed."""
    known = {*settings.names(("x", "linkedin", "email")), "PUBLISHER_SETTINGS", "PUBLISHER_WRITE_DOCS"}
    known |= {"PUBLISHER_COURIER__URL", "PUBLISHER_COURIER__TOKEN"}
    for page in PAGES:
        unknown = set(re.findall(r"PUBLISHER_[A-Z_]*[A-Z]", text(page))) - known
        assert not unknown, f"{named(page)} speaks of {', '.join(sorted(unknown))}"


def test_every_target_the_pages_speak_of_exists() -> None:
    """`make demo`, `make test`."""
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.M))
    said = {name for page in PAGES for name in re.findall(r"(?:^|`)make ([a-z]+)\b", text(page), re.M)}
    assert {"demo", "test"} <= said <= targets


# ---------------------------------------------------------------- complete, and no dead ends


def _slug(heading: str) -> str:
    """A heading's anchor as GitHub makes it."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _links(page: Path) -> set[str]:
    prose = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", text(page), flags=re.M | re.S)
    return {link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """To a file that is there, and a heading in it."""
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{named(page)} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", text(target), re.M)
            assert anchor in map(_slug, headings), f"{named(page)} links to {link}"


def test_every_page_is_reached_from_the_readme() -> None:
    """One click away."""
    reached = {(ROOT / link.partition("#")[0]).resolve() for link in _links(ROOT / "README.md")}
    assert {page.resolve() for page in PAGES[1:]} <= reached


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_every_exit_code_is_documented(page: str) -> None:
    """And no other."""
    kinds = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.PublisherError)]
    codes = {kind.exit_code for kind in kinds} | set(views.CODES.values()) | {0, 130}
    assert {int(code) for code in re.findall(r"^\| `(\d+)` \|", text(page), re.M)} == codes


def test_every_state_is_documented() -> None:
    """What it means and what to do."""
    told = re.findall(r"^\| `([a-z]+)` \|", text("docs/operating.md"), re.M)
    assert set(told) == {"draft", *views.ORDER}


def test_every_key_override_and_template_is_documented() -> None:
    """Of the front matter, of the channels, of the shipped folder."""
    page = text("docs/statements.md")
    told = re.findall(r"^\| `(\w+)` \| ", page, re.M)
    assert set(KEYS) <= set(told)
    for name in ("x", "linkedin", "email"):
        form = settings.Settings({}, files=False).channel(name).form
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        own = [f.override for f in form.fields if f.override]
        own += ["correction", "thread"] * bool(form.thread_sentences)
        assert re.findall(r"`(\w+)`", row)[1:] == [*own, *form.options, "today"]
    for template in render.SHIPPED.glob("*.j2"):
        assert f"`{template.name}`" in page


def test_every_name_a_template_uses_is_documented() -> None:
    """Those of the fields; the preview page is ours alone."""
    page, environment = text("docs/statements.md"), jinja2.Environment()
    for template in render.SHIPPED.glob("*.j2"):
        if "preview" in template.name or template.name in (
            "page.html.j2",
            "report.html.j2",
            "record.html.j2",
        ):
            continue
        used = jinja2.meta.find_undeclared_variables(environment.parse(template.read_text("utf-8")))
        missing = [name for name in used if f"`{name}" not in page]
        assert not missing, f"{template.name} uses {', '.join(missing)}"


def test_the_tree_of_errors_is_the_tree_there_is() -> None:
    """Every class, under its base, as drawn at the top of errors.py."""
    drawn, above = {}, {-1: "Exception"}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: {2,}|$)", line):
            depth = len(found["branch"]) // 4
            above[depth] = found["name"]
            drawn[found["name"]] = above[depth - 1]
    real = {
        name: kind.__bases__[0].__name__
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.PublisherError)
    }
    assert drawn == real


def test_every_delivery_error_is_explained_to_authors_of_channels() -> None:
    """What to raise when."""
    told = set(re.findall(r"^\| `([A-Z]\w+)` \|", text("docs/new-channel.md"), re.M))
    kinds = {
        n for n, k in vars(errors).items() if isinstance(k, type) and issubclass(k, errors.DeliveryError)
    }
    assert told == kinds - {"DeliveryError"}


def test_the_rooms_of_the_architecture_are_there() -> None:
    """Every file and folder it names."""
    for name in set(re.findall(r"`([\w/]+(?:\.py|/))`", text("docs/architecture.md"))):
        assert (ROOT / name).exists() or (ROOT / "publisher" / name).exists(), name
