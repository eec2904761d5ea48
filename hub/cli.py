"""The command line. Each command prints what it did and what to do next; exit code 2: mend something."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

import hub
from hub.config import Settings, read_settings
from hub.errors import HubError, InvalidInput

F = TypeVar("F", bound=Callable[..., Any])


def command(group: click.Group, name: str) -> Callable[[F], F]:
    """A command whose errors are sentences, not stack traces."""

    def decorate(work: F) -> F:
        @wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return work(*args, **kwargs)
            except InvalidInput as error:
                for problem in error.problems:
                    click.echo(f"error: {'.'.join(problem.path)}: {problem.message}", err=True)
                sys.exit(2)
            except HubError as error:
                click.echo(f"error: {error.message}", err=True)
                sys.exit(2)

        group.command(name)(run)
        return work

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(hub.__version__, prog_name="hub")
def main() -> None:
    """The partner-collaboration hub of the Regional Support Office of the Bali Process."""


@main.group("import")
def import_() -> None:
    """Read open data into the hub."""


data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder of the hub's own database; otherwise HUB_DATA_DIR, .hub if it is here, or one of the user.",
)


def _settings(data_dir: Path | None = None, **more: Any) -> Settings:
    return read_settings(data_dir=data_dir, **more)


@command(main, "demo")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@data_dir
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def demo(port: int, data_dir: Path | None, no_browser: bool) -> None:
    """Run the hub with demonstration data: everything invented, nothing to set up."""
    from hub.serving import run_demo

    base_url = f"http://127.0.0.1:{port}"
    settings = _settings(data_dir, base_url=base_url, is_demonstration=True)
    run_demo(settings, port=port, open_browser=not no_browser)


@command(main, "serve")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def serve(workers: int, host: str, port: int) -> None:
    """Serve the hub in production; refuses unsafe settings."""
    from hub.serving import run_production

    run_production(_settings(), workers=workers, host=host, port=port)


@command(main, "migrate")
@data_dir
@click.option("--check", is_flag=True, help="Compare models and migrations on a throw-away database.")
def migrate(data_dir: Path | None, check: bool) -> None:
    """Bring the database to this version: roles, tables, functions, row-level security."""
    from hub.database import open_place
    from hub.db import migrate as migrations

    if check:
        from hub.maintenance import check_migrations

        check_migrations()
        click.echo("Models and migrations describe the same schema.")
        return
    place = open_place(_settings(data_dir))
    revision = migrations.migrate(place.owner, login=place.login)
    click.echo(f"The database is at revision {revision}, with its row-level security.")
    click.echo("Next: hub seed")


@command(main, "seed")
@data_dir
def seed(data_dir: Path | None) -> None:
    """Load the reference data: Member States, groups, currencies, purposes. What staff edited stays."""
    from hub.database import open_place
    from hub.db.seed import run_seed

    for table, count in run_seed(open_place(_settings(data_dir)).owner).items():
        click.echo(f"{table}: {count} rows added or renewed")
    click.echo("Next: hub doctor, then hub serve")


@command(main, "doctor")
@data_dir
def doctor(data_dir: Path | None) -> None:
    """Check the whole set-up and say what to mend."""
    from hub.doctor import Level, examine, verdict

    findings = examine(_settings(data_dir))
    for finding in findings:
        click.echo(f"{finding.level:5} {finding.message}")
    click.echo(verdict(findings))
    if any(finding.level is Level.ERROR for finding in findings):
        sys.exit(2)


@command(main, "renew-sums")
@data_dir
def renew_sums(data_dir: Path | None) -> None:
    """Add up the contributions anew for the dashboards, where hub doctor finds that kept sums are wrong."""
    from hub.contributions.rollups import renew
    from hub.database import open_place
    from hub.db.seed import run_as_owner

    wrong = run_as_owner(open_place(_settings(data_dir)).owner, renew)
    click.echo(f"{wrong} kept sums were wrong and are right now." if wrong else "Every kept sum was right.")
    click.echo("Next: hub doctor")


@command(main, "token")
@click.option("--as", "persona", required=True, help="A persona of the demonstration, such as partner.")
@click.option("--label", default="hub token", show_default=True, help="By which the persona knows it again.")
@click.option("--read-only", "reads_only", is_flag=True, help="A token that reads and changes nothing.")
@data_dir
def token(persona: str, label: str, reads_only: bool, data_dir: Path | None) -> None:
    """Print a bearer token of a demonstration's persona; it ends after twelve hours."""
    from hub.maintenance import issue_token

    click.echo(issue_token(_settings(data_dir), persona, label=label, reads_only=reads_only))


@command(main, "invite")
@click.argument("email")
@click.option("--organisation", required=True, help="Its short name, full name, or ISO code.")
@click.option("--role", required=True, help="Such as admin, staff, co-manager, focal-point or partner.")
@data_dir
def invite(email: str, organisation: str, role: str, data_dir: Path | None) -> None:
    """Invite somebody, such as the first administrator; from then on people invite people."""
    from hub.maintenance import invite as run

    settings = _settings(data_dir)
    until = run(settings, email, organisation=organisation, role=role)
    click.echo(f"{email} may sign in until {until:%Y-%m-%d %H:%M} UTC, and then acts for {organisation}.")
    if settings.mail_server is None:
        click.echo("Next: tell the person the address of the hub. Mail goes out where HUB_SMTP_URL is set.")
    else:
        click.echo("A mail with the address of the hub goes out as soon as hub serve runs.")


@command(main, "policy")
def policy() -> None:
    """Print who may see and do what."""
    from hub.matrix import matrix

    click.echo(matrix())


@command(main, "sdl")
@click.option("--check", is_flag=True, help="Compare with schema/hub.graphql and schema/released.graphql.")
@click.option("--write", is_flag=True, help="Write schema/hub.graphql.")
def sdl(check: bool, write: bool) -> None:
    """Print the GraphQL schema."""
    from hub.maintenance import check_sdl, exported_sdl, write_sdl

    if check:
        click.echo(check_sdl())
    elif write:
        click.echo(f"wrote {write_sdl()}")
    else:
        click.echo(exported_sdl(), nl=False)


@command(main, "bench")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures here as well.")
@click.option("--scale", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--seconds", type=click.IntRange(1, 600), default=5, show_default=True, help="Of a drive.")
@click.option("--connections", type=click.IntRange(1, 1000), default=16, show_default=True)
@click.option(
    "--contenders", default="e,f,s,d", show_default=True, help="Limit, hub, executor, PostGraphile."
)
@click.option("--keep", type=click.Path(path_type=Path), help="Folder of the loaded data, for the next run.")
def bench(path: Path | None, keep: Path | None, contenders: str, **course: Any) -> None:
    """Drive the hub and others side by side over the same data, and print the ratios."""
    from hub.bench.report import table
    from hub.bench.run import Course, run, write

    result = run(Course(contenders=contenders.split(","), **course), keep, click.echo)
    if path is not None:
        write(result, path)
    click.echo(table(result))


@command(import_, "fts")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--publish", is_flag=True, help="Let the public see what is imported.")
@data_dir
def import_fts(file: Path, publish: bool, data_dir: Path | None) -> None:
    """Read a CSV export of OCHA's Financial Tracking Service."""
    from hub.maintenance import import_fts as run

    run(_settings(data_dir), file, publish=publish, say=click.echo)
