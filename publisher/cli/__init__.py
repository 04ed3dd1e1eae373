"""The command line: parse, call, print; no decisions. Data goes to stdout, talk to stderr."""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any

import click

from publisher import __version__
from publisher.cli import (
    afterwards,
    bounces,
    desk,
    doctor,
    init,
    ledger,
    live,
    login,
    mailing,
    preview,
    publish,
    report,
    setup,
    subscribers,
)
from publisher.errors import PublisherError


class Group(click.Group):
    """Suggests the nearest command for one that does not exist, and understands a rehearsal."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        import difflib

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            hint = f"; did you mean `publisher {near[0]}`?" if near else "; `publisher --help` lists them"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}") from None


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="publisher")
def cli() -> None:
    """Gets official statements to the public exactly as approved: X, LinkedIn and an email list.

    \b
    publisher demo                                   see it work, on this machine alone
    publisher init                                   set it up; `publisher doctor` says what is missing
    publisher preview statement.md                   exactly what each channel would get
    publisher publish statement.md                   approve and post it now
    publisher publish statement.md --at "15:00 Europe/Zurich"
    publisher show @last                             what became of it
    """


for command in (
    setup.demo, preview.preview, publish.publish, publish.submit, publish.approve, publish.reject, publish.test,
    desk.queue, desk.show, desk.log, desk.hold, desk.release, desk.cancel, desk.reschedule,
    afterwards.retry, afterwards.resolve, live.retract, live.correct, live.repair, live.verify, report.report, desk.status, desk.pause, desk.resume, afterwards.run, afterwards.serve,
    ledger.ledger, subscribers.subscribers, bounces.bounces, mailing.email, setup.channels, setup.sandbox, init.init, login.login, doctor.doctor, init.completion,
):  # fmt: skip
    cli.add_command(command)


def run() -> None:
    """The process of one command: `main`, and out at once.

    Start-up makes many objects and no garbage, so collecting there, and taking it all down at the end, would
    cost a fifth of what a preview takes. Everything that must be closed is closed by then.
    """
    gc.set_threshold(50_000)
    try:
        main()
    except SystemExit as ended:
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)


def main(args: list[str] | None = None) -> None:
    """Run one command and exit with its code; every error is one sentence, in JSON where JSON was asked for."""
    words = sys.argv[1:] if args is None else args
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = cli.main(args=words, prog_name="publisher", standalone_mode=False)
        _exit(code if isinstance(code, int) else 0)
    except PublisherError as error:
        _fail(words, error.kind, error.message, error.exit_code)
    except click.UsageError as error:
        _misused(words, error)
    except click.ClickException as error:
        _fail(words, "UsageError", error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        _fail(
            words,
            "Interrupted",
            "interrupted; nothing that was asked of a channel is lost, see `publisher queue`",
            130,
        )
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _exit(0)
    except Exception as error:
        if os.environ.get("PUBLISHER_LOG__LEVEL", "").lower() == "debug":
            raise
        _fail(words, "Unexpected", _unexpected(error), 1)


def _misused(words: list[str], error: click.UsageError) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        _exit(2)
    where = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
    _fail(words, "UsageError", f"{error.format_message()}{where}", 2)


def _unexpected(error: Exception) -> str:
    """A failure nobody foresaw, as one sentence: trouble with the ledger's disk, or a fault of ours."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    about = f"{type(error).__name__}: {text[0][:200] if text else ''}"
    if hasattr(error, "orig"):
        return f"the ledger could not be read or written ({about}); what is in flight will be looked up, not sent again"
    return f"this should not happen ({about}); set PUBLISHER_LOG__LEVEL=debug to see where"


def _fail(words: list[str], kind: str, text: str, code: int) -> None:
    if "--json" in words:
        click.echo(json.dumps({"schema": 1, "error": {"kind": kind, "message": text}}, ensure_ascii=False))
    else:
        click.echo(f"publisher: {text}", err=True)
    _exit(code)


def _exit(code: int) -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)
