"""Settings: environment, then one settings file, then `credentials.env` beside it, then secrets files.

The file is the one `PUBLISHER_SETTINGS` names, else `.env` here, else `/etc/publisher/settings.env`. Each
channel declares its own section (`PUBLISHER_<NAME>__…`), a plug-in's like ours. pydantic-settings is imported
when settings are read, not before: `--help` needs none.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from publisher import addresses, registry
from publisher.channel import Channel
from publisher.errors import SettingsError

PREFIX = "PUBLISHER_"
SYSTEM_FILE = Path("/etc/publisher/settings.env")
PATHS = (f"{PREFIX}TEMPLATES", f"{PREFIX}DIRECTORY", f"{PREFIX}FOLDER__PATH")
SECRETS = ("CREDENTIALS_DIRECTORY",)
"""Environment names of folders that hold one secret a file, as systemd's LoadCredential makes them."""


WEEK = 7 * 24 * 60
"""Minutes; a look ahead from farther away would tell little."""

Section = TypeVar("Section", bound=BaseModel)


class Group(BaseModel):
    """A group of settings; its validator is made when something is set, since making it takes time."""

    model_config = ConfigDict(defer_build=True, allow_inf_nan=False)


class Retry(Group):
    first: float = Field(30, gt=0, description="seconds before the second attempt; doubled after each")
    cap: float = Field(3600, gt=0, description="longest wait between two attempts, in seconds")
    attempts: int = Field(8, ge=1, description="attempts of one part before it counts as failed")
    horizon: float = Field(21600, gt=0, description="seconds after the due time at which retries end")


class Plan(Group):
    lateness: float = Field(
        3600, gt=0, description="a first attempt later than this many seconds is held for a person"
    )
    quiet: str = Field(
        "",
        description="when nothing is planned that nobody gave a time: `22:00-07:00; Sat Sun; linkedin=2026-12-24`",
    )
    windows: str = Field(
        "", description="the only hours for such plans, written alike: `Mon-Fri 08:00-18:00`"
    )
    offsets: str = Field(
        "", description="how long after the planned time a channel follows: `linkedin=10m, email=1h`"
    )
    check_url: bool = Field(
        True, description="wait at the due time while the statement's page answers 404 or 410"
    )
    preflight: str = Field(
        "60,15",
        description="minutes before a plan falls due at which channels, SMTP and page are checked; 0: never",
    )

    @field_validator("preflight")
    @classmethod
    def _minutes(cls, value: str) -> str:
        try:
            minutes_of(value)
        except ValueError:
            raise ValueError("is no list of minutes such as 60,15") from None
        return value

    @property
    def preflight_minutes(self) -> tuple[float, ...]:
        """Longest first; empty: never."""
        return minutes_of(self.preflight)


def minutes_of(text: str) -> tuple[float, ...]:
    """`60,15` as numbers, longest first, without 0. Raises ValueError."""
    found = {float(part) for part in text.split(",")}
    if not all(0 <= minutes <= WEEK for minutes in found):
        raise ValueError(text)
    return tuple(sorted(found - {0.0}, reverse=True))


class Verify(Group):
    after: str = Field(
        "1,60,1440",
        description="minutes after a delivery at which what is public is read again and compared; 0: never",
    )

    @field_validator("after")
    @classmethod
    def _minutes(cls, value: str) -> str:
        try:
            minutes_of(value)
        except ValueError:
            raise ValueError("is no list of minutes such as 1,60,1440") from None
        return value

    @property
    def minutes(self) -> tuple[float, ...]:
        """Longest first; empty: never."""
        return minutes_of(self.after)


class Notify(Group):
    urls: SecretStr = Field(
        SecretStr(""),
        description="who is told when a person is needed and when all is public, comma separated: mailto:, https:, or what the apprise library knows",
    )

    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="the key that notices to https: addresses are signed with; unsigned when unset",
    )
    deliveries: SecretStr = Field(
        SecretStr(""),
        description="https: addresses told of each delivery that is delivered, failed, unknown or retracted, comma separated; needs SECRET",
    )

    @field_validator("urls")
    @classmethod
    def _known(cls, value: SecretStr) -> SecretStr:
        for url in addresses.split(value.get_secret_value()):
            if fault := addresses.fault(url):
                raise ValueError(fault)
        return value

    @field_validator("deliveries")
    @classmethod
    def _signed(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        for url in addresses.split(value.get_secret_value()):
            if not url.startswith(("https://", "http://")) or addresses.fault(url):
                raise ValueError("has an entry that is no https: address; it is for programs")
            if not info.data.get("secret", True):
                raise ValueError("needs PUBLISHER_NOTIFY__SECRET: whoever is told must know that it was us")
        return value


class Trigger(Group):
    policy: Literal["draft", "approved"] = Field(
        "draft", description="draft: waits for a person; approved: that it is published there is the approval"
    )
    channels: str = Field(
        "", description="the channels for what it hands in, comma separated; by default all"
    )
    at: str = Field(
        "", description="when that goes out once it is approved, such as +10min; by default at once"
    )

    @property
    def channel_names(self) -> tuple[str, ...]:
        return tuple(registry.canonical(n) for n in self.channels.split(",") if n.strip())


class Webhook(Trigger):
    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="the key that requests to /hooks/statements are signed with; off when unset",
    )
    map: str = Field(
        "",
        description="where another system's JSON has what we ask for: `title=post.headline, html=post.body`",
    )

    @field_validator("map")
    @classmethod
    def _pairs(cls, value: str) -> str:
        from publisher.serve.shapes import mapping_of

        try:
            mapping_of(value)
        except ValueError:
            raise ValueError(
                "is no list such as title=post.headline, html=post.body, url=post.link"
            ) from None
        return value


class Feed(Trigger):
    url: str = Field("", description="an RSS, Atom or JSON feed whose new items are taken; off when unset")
    every: float = Field(300, ge=5, description="seconds between two looks at the feed")


class Folder(Trigger):
    path: Path | None = Field(
        None, description="a folder whose files are taken and moved to taken/ or refused/; off when unset"
    )


class Fetch(Group):
    allow_hosts: str = Field(
        "",
        description="hosts (or host:port), comma separated, that may be fetched although they are not public",
    )


class Log(Group):
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level that is logged"
    )
    format: Literal["", "console", "json"] = Field(
        "", description="console or json; by default console on a terminal, else json"
    )


class Core(Group):
    """What the core itself reads. Channels' sections come beside it."""

    database_url: SecretStr | None = Field(
        None,
        description="the ledger; by default a SQLite file in the user's state folder; postgresql+psycopg://… for several machines",
    )
    channels: str = Field("x,linkedin,email", description="the channels in use, comma separated")
    timezone: str = Field("", description="IANA zone of every time given without one, such as Europe/Zurich")
    templates: Path | None = Field(None, description="a folder whose templates win over the shipped ones")
    directory: Path | None = Field(
        None,
        description="a YAML or TOML file of organizations: the account of each on each channel, and hashtags",
    )
    rehearsal: bool = Field(
        False, description="send everything to the built-in sandbox, with a ledger of its own"
    )
    approvals: int = Field(1, ge=1, description="how many different people must approve")
    approver: str = Field("", description="the name that approves where --by does not say")
    retry: Retry = Retry()
    plan: Plan = Plan()
    verify: Verify = Verify()
    notify: Notify = Notify()
    webhook: Webhook = Webhook()
    feed: Feed = Feed()
    folder: Folder = Folder()
    fetch: Fetch = Fetch()
    log: Log = Log()

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(
                    f"no time zone named {value!r}; use an IANA name such as Europe/Zurich"
                ) from None
        return value


class Settings:
    """All settings of one run. Reading them opens no connection. Raises SettingsError naming the setting."""

    def __init__(self, environ: Mapping[str, str] | None = None, *, files: bool = True) -> None:
        self._environ = os.environ if environ is None else environ
        self._files = files
        self.core = self._read(Core, "")

    @cached_property
    def channel_names(self) -> tuple[str, ...]:
        """The channels in use, in their configured order, aliases resolved."""
        names = [registry.canonical(n) for n in self.core.channels.split(",") if n.strip()]
        return tuple(dict.fromkeys(names))

    def channel(self, name: str) -> Channel:
        """A new instance of the channel `name` with its own section of the settings."""
        cls, name = registry.find(name), registry.canonical(name)
        if name not in self._sections:
            self._sections[name] = self._read(cls.Settings, name)
        return cls(self._sections[name])

    @cached_property
    def _sections(self) -> dict[str, BaseModel]:
        """What has been read of the channels' own: reading it takes longer than making a channel."""
        return {}

    @cached_property
    def allow_hosts(self) -> tuple[str, ...]:
        return tuple(h.strip() for h in self.core.fetch.allow_hosts.split(",") if h.strip())

    @property
    def notify_urls(self) -> tuple[str, ...]:
        """Who is told when a person is needed."""
        return addresses.split(self.core.notify.urls.get_secret_value())

    @property
    def notify_deliveries(self) -> tuple[str, ...]:
        """Programs that are told what each delivery has come to."""
        return addresses.split(self.core.notify.deliveries.get_secret_value())

    @property
    def notify_secret(self) -> str:
        """What notices to webhooks are signed with; "" where they are not."""
        given = self.core.notify.secret
        return given.get_secret_value() if given else ""

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the ledger; a rehearsal has one of its own."""
        given = self.core.database_url
        if given and not self.core.rehearsal:
            return given.get_secret_value()
        from platformdirs import user_state_path

        folder = Path(self._environ.get("STATE_DIRECTORY", "").split(":")[0] or user_state_path("publisher"))
        return f"sqlite:///{folder / ('rehearsal.db' if self.core.rehearsal else 'ledger.db')}"

    def unknown(self) -> list[str]:
        """A sentence for every `PUBLISHER_…` name that nothing reads, with the nearest that something does."""
        known = set(names(self.channel_names)) | {f"{PREFIX}SETTINGS", f"{PREFIX}SHARED"}
        said = [name for _, values in self.files() for name in values]
        given = [n for n in [*self._environ, *said] if n.upper().startswith(PREFIX)]
        return [
            f"{name} is no setting" + _nearest(name.upper(), known)
            for name in sorted(set(given))
            if name.upper() not in known and not name.startswith(f"{PREFIX}TEST_")
        ]

    def reread(self) -> None:
        """Read the files anew the next time a section is asked for."""
        for read in ("given", "values", "_sections"):
            self.__dict__.pop(read, None)

    def secrets(self) -> list[str]:
        """Every secret value in the settings, longest first, for the log's redaction."""
        found: set[str] = set()
        for name in self.channel_names:
            try:
                found |= _secrets_of(self.channel(name).settings)
            except SettingsError:
                continue
        found |= _secrets_of(self.core)
        for url in (*self.notify_urls, *self.notify_deliveries):
            found |= addresses.secrets(url)
        return sorted((s for s in found if len(s) >= 4), key=len, reverse=True)

    @cached_property
    def file(self) -> Path | None:
        """The settings file in use. Raises SettingsError when `PUBLISHER_SETTINGS` names none that exists."""
        if not self._files:
            return None
        named = self._environ.get(f"{PREFIX}SETTINGS")
        if named:
            if not Path(named).is_file():
                raise SettingsError(f"PUBLISHER_SETTINGS names {named}, which is no file")
            return Path(named)
        return next((p for p in (Path(".env"), SYSTEM_FILE) if _there(p)), None)

    def files(self) -> Iterator[tuple[Path, dict[str, str]]]:
        """Each settings file that is there, and what it says; the settings file wins over the credentials beside it."""
        if self.file is None:
            return
        for path in (self.file.with_name("credentials.env"), self.file):
            if path.is_file():
                yield path, {name: _beside(path, name, value) for name, value in _lines(path)}

    def _secret_files(self) -> Iterator[tuple[Path, dict[str, str]]]:
        if not self._files:
            return
        folders = [Path(self._environ[n]) for n in SECRETS if self._environ.get(n)] + [Path("/run/secrets")]
        for folder in reversed(folders):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if path.is_file() and path.name.upper().startswith(PREFIX):
                    yield path, {path.name: _text(path).strip()}

    @cached_property
    def given(self) -> dict[str, tuple[str, str]]:
        """Every given value by its lower-case name, and where it is from; the environment wins over files, those over secrets."""
        layers: list[tuple[str, Mapping[str, str]]] = [
            (str(path), said) for path, said in (*self._secret_files(), *self.files())
        ]
        layers.append(("environment", self._environ))
        return {
            name.lower(): (value, where)
            for where, said in layers
            for name, value in said.items()
            if value != ""
        }

    @cached_property
    def values(self) -> dict[str, str]:
        """Every given value by its lower-case name."""
        return {name: value for name, (value, _) in self.given.items()}

    def _read(self, model: type[Section], section: str) -> Section:
        values, prefix = self.values, PREFIX + (f"{section.upper()}__" if section else "")
        required = any(field.is_required() for field in model.model_fields.values())
        if not required and not any(name.startswith(prefix.lower()) for name in values):
            return model.model_construct()  # nothing is set: `preview` need not wait for what reads settings

        from pydantic_settings import EnvSettingsSource

        class Source(EnvSettingsSource):
            def _load_env_vars(self) -> Mapping[str, str | None]:
                return values

        try:
            # The source reads fields alone; making a settings class of each section costs more than all the rest.
            given = Source(cast(Any, model), env_prefix=prefix, env_nested_delimiter="__")()
            return model.model_validate(given)
        except ValidationError as error:
            raise SettingsError(_explain(error, prefix)) from None
        except Exception as error:  # pydantic-settings raises its own for JSON it cannot read
            raise SettingsError(f"settings {prefix}…: {error}") from None


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The settings of a file. Raises SettingsError naming the line that is none: what follows it might be lost."""
    from io import StringIO

    from dotenv.parser import parse_stream

    for line in parse_stream(StringIO(_text(path))):
        if line.error:
            raise SettingsError(
                f"{path}, line {line.original.line}: this is no NAME=value; if the value begins with a quote, close it"
            )
        if line.key is not None and line.value is not None:
            yield line.key, line.value


def _there(path: Path) -> bool:
    """Whether there is such a file. Raises SettingsError for the system's when this account may not even look."""
    try:
        return path.is_file()
    except PermissionError:
        # A folder that this account may not enter, as with `sudo -u publisher` from somebody's home.
        if path == SYSTEM_FILE:
            raise SettingsError(
                f"{path} may not be read by this account; run the command as the user that the service runs as "
                "(sudo -u publisher publisher …)"
            ) from None
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path} is not UTF-8 (byte {error.start}); save it as plain text in UTF-8"
        ) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(f"{path} cannot be read: {reason}; check who may read it") from None


def _beside(file: Path, name: str, value: str) -> str:
    """A path in a settings file is relative to that file, wherever the command is run."""
    return str(file.parent / value) if name.upper() in PATHS and value else value


def _explain(error: ValidationError, prefix: str) -> str:
    """Which setting, what is wrong with it; never its value, which may be a secret."""
    return "; ".join(
        f"{prefix}{'__'.join(str(part) for part in e['loc']).upper()}: {e['msg'].removeprefix('Value error, ')}"
        for e in error.errors(include_input=False)
    )


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _secrets_of(model: BaseModel) -> set[str]:
    found: set[str] = set()
    for value in dict(model).values():
        if isinstance(value, BaseModel):
            found |= _secrets_of(value)
        elif isinstance(value, SecretStr):
            found.add(value.get_secret_value())
            found |= {unquote(p) for p in re.findall(r"://[^:/@]*:([^@/]+)@", value.get_secret_value())}
    return found


def names(channels: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Every setting's name with its default as text and its description, the core's first."""
    found = _names(Core, PREFIX)
    for channel in channels:
        found |= _names(registry.find(channel).Settings, f"{PREFIX}{channel.upper()}__")
    return found


def secret_names(channels: Sequence[str]) -> set[str]:
    """The settings whose values are shown to nobody."""
    models = {PREFIX: Core} | {f"{PREFIX}{c.upper()}__": registry.find(c).Settings for c in channels}
    return {
        name
        for prefix, model in models.items()
        for name, field in _fields(model, prefix)
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }


def _names(model: type[BaseModel], prefix: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, field in _fields(model, prefix):
        default = field.get_default(call_default_factory=True) if not field.is_required() else ""
        found[name] = (_shown(default), field.description or "")
    return found


def _fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _fields(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field


def _shown(default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    if isinstance(default, tuple | list):
        return ",".join(_shown(v) for v in default)
    return str(default)


def example() -> str:
    """`settings.example.env`: every setting with its default and one line on it."""
    lines = [
        "# Every setting of publisher, with its default. Copy to .env (mode 600), uncomment what you change.",
        "# Order: environment, then the file PUBLISHER_SETTINGS names, else .env here, else",
        "# /etc/publisher/settings.env; then one-secret-a-file folders ($CREDENTIALS_DIRECTORY, /run/secrets).",
    ]
    section = None
    for name, (default, about) in names(Core.model_fields["channels"].default.split(",")).items():
        head = name.removeprefix(PREFIX).rpartition("__")[0]
        if head != section:
            lines.append("")
            section = head
        lines += [f"# {about}", f"#{name}={default}"]
    return "\n".join(lines) + "\n"
