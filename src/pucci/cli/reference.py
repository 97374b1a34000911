"""The reference pages, made from the code: settings and commands."""

import click

from pucci.cli.group import COMMANDS, LazyGroup, cli
from pucci.setting import default_of, settings_of
from pucci.settings import SECTIONS, CameraSettings, Settings


def settings_page() -> str:
    """Return the page of all settings, as Markdown."""
    out = [
        "# Settings",
        "",
        "In `pucci.toml`: the file named by `--config` or `PUCCI_CONFIG`, else `/etc/pucci/pucci.toml`, else",
        "`~/.config/pucci/pucci.toml`. Each can also be set in the environment: `capture.interval_s` is",
        "`PUCCI_CAPTURE_INTERVAL_S`, the camera `sofa`'s `width` is `PUCCI_CAMERAS_SOFA_WIDTH`. A secret may",
        "lie in a file of its own, named by the variable with `_FILE` at its end.",
        "",
        "`pucci settings` prints what is in force, `pucci settings --all` a sample file.",
        "",
        "## At the top of the file",
        "",
        *_table(Settings),
    ]
    for name, section in [*SECTIONS.items(), ("cameras.NAME", CameraSettings)]:
        out += ["", f"## [{name}]", "", (section.__doc__ or "").splitlines()[0], "", *_table(section)]
    return "\n".join(out) + "\n"


def _table(section: type) -> list[str]:
    rows = ["| Setting | Default | What it does |", "| --- | --- | --- |"]
    for name, item in settings_of(section).items():
        meta = item.metadata
        limits = [f"{word} {meta[word]:g}" for word in ("minimum", "maximum") if meta[word] is not None]
        limits += [f"one of {', '.join(meta['choices'])}"] if meta["choices"] else []
        limits += ["secret"] if meta["secret"] else []
        text = meta["help"] + (f" ({', '.join(limits)})" if limits else "")
        rows.append(f"| `{name}` | {_shown(default_of(item))} | {text} |")
    return rows


def _shown(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if value in ((), "") or text == ".":
        return ""
    return f"`{text[:40] + '…' if len(text) > 40 else text}`"


def commands_page() -> str:
    """Return the page of all commands: each one's `--help`, as it is printed."""
    out = ["# Commands", "", "Each takes `--config FILE` and `--data-dir DIR`, before or after its name.", ""]
    out += [
        "Exit codes: 0 well, 1 something is wrong, 2 a mistake in the call or the settings, 3 something is"
    ]
    out += [
        "not installed, 4 no frame from the camera, 5 only damaged frames, 6 album or database, 7 accounts,"
    ]
    out += ["8 already running, 9 not deployed.", ""]
    with click.Context(cli, info_name="pucci", terminal_width=100) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            if command is not None:
                out += _command(command, f"pucci {name}", context)
    return "\n".join(out).rstrip() + "\n"


def _command(command: click.Command, name: str, parent: click.Context) -> list[str]:
    word = name.rsplit(maxsplit=1)[-1]
    with click.Context(command, info_name=word, parent=parent, terminal_width=100) as context:
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        out = [f"## `{name}`", "", "```text", text, "```", ""]
        if isinstance(command, click.Group) and not isinstance(command, LazyGroup):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                out += _command(found, f"{name} {inner}", context) if found else []
    return out


def man_page() -> str:
    """Return the manual page pucci(1), in roff: what each command's `--help` says."""
    out = [
        '.TH PUCCI 1 "" "" "Pucci"',
        ".SH NAME",
        "pucci \\- a dog's home on the web",
        ".SH SYNOPSIS",
        ".B pucci",
        "[\\-\\-config FILE] [\\-\\-data\\-dir DIR] COMMAND [WORDS]",
        ".SH DESCRIPTION",
        "Takes a picture every few minutes, proves it whole, and shows it to the family. As a service it is",
        "pucci.service, or pucci\\-camera.service for a site under Apache; what it has to say is in",
        "journalctl \\-u pucci.",
        ".SH COMMANDS",
    ]
    with click.Context(cli, info_name="pucci", terminal_width=72) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            if command is not None:
                for line in _command(command, f"pucci {name}", context):
                    out += _roff(line)
    out += [
        ".SH FILES",
        ".TP",
        "/etc/pucci/pucci.toml",
        "The settings. They can be set in the environment too, e.g. PUCCI_CAPTURE_INTERVAL_S.",
        ".TP",
        "/var/lib/pucci",
        "Photos, films and accounts.",
        ".SH EXIT STATUS",
        "0 well, 1 something is wrong, 2 a mistake in the call or the settings, 3 something is",
        "not installed, 4 no frame from the camera, 5 only damaged frames, 6 album or database,",
        "7 accounts, 8 already running.",
    ]
    return "\n".join(out) + "\n"


def _roff(line: str) -> list[str]:
    """Return one line of a commands' Markdown as roff."""
    if line.startswith("## "):
        return [".SS " + _escaped(line[3:].strip("`"))]
    if line == "```text":
        return [".nf"]
    if line == "```":
        return [".fi"]
    return [_escaped(line)] if line else [".sp"]


def _escaped(line: str) -> str:
    text = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def access_page() -> str:
    """Return the page of who may what: the routes of a house with one camera, against every role."""
    import tempfile
    from pathlib import Path

    from pucci.services import build
    from pucci.web.site import create_app
    from pucci.web.site.matrix import page

    with tempfile.TemporaryDirectory() as folder:
        camera = CameraSettings(driver="synthetic")
        services = build(Settings(data_dir=Path(folder), cameras={"sofa": camera}))
        try:
            return page(create_app(services), [f"pucci {name}" for name in COMMANDS])
        finally:
            services.close()
