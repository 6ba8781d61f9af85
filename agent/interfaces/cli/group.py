"""The group of commands: finds them when they are needed, and turns every end into one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from db.errors import ShopOpsError

STOPPED = 130  # what a shell expects of a command that Ctrl-C ended
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """A group whose commands are imported by name when they run.

    Args:
        commands_at: name → (``module:attribute``, one line for the list of commands).
    """

    def __init__(self, commands_at: Mapping[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(context_settings=CONTEXT, **options)
        self.commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which they are declared."""
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is none of that name."""
        if cmd_name not in self.commands_at:
            return None
        module, _, attribute = self.commands_at[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.commands_at.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C ends it with one line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nStopped." if sys.stderr.isatty() else "Stopped.", err=True)
            raise click.exceptions.Exit(STOPPED) from None

    def main(  # type: ignore[override]  # click's overload on standalone_mode, which is never ours to choose
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **options: Any
    ) -> NoReturn:
        """Run, say in one line what went wrong, and end the process. Never a stack trace."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character gets a question mark
                stream.reconfigure(errors="replace")
        status = self._run(args, prog_name, options)
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            status = _quiet()
        sys.exit(status)

    def _run(self, args: Sequence[str] | None, prog_name: str | None, options: dict[str, Any]) -> int:
        options["standalone_mode"] = False
        try:
            result = super().main(args, prog_name, **options)
            return result if isinstance(result, int) else 0
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return error.exit_code
        except click.UsageError as error:
            return _usage(error)
        except click.ClickException as error:
            return _say(error.format_message(), error.exit_code)
        except ShopOpsError as error:
            return _say(str(error), error.exit_status)
        except (KeyboardInterrupt, click.Abort):  # before or after the command itself
            return STOPPED
        except BrokenPipeError:
            return _quiet()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 1
        except Exception:
            return _internal()


def _usage(error: click.UsageError) -> int:
    hint = f" See `{error.ctx.command_path} --help`." if error.ctx else ""
    return _say(error.format_message() + hint, 2)


def _say(sentence: str, status: int) -> int:
    from agent.interfaces.text import one_line

    try:
        click.echo(f"Error: {one_line(sentence)}", err=True)
    except BrokenPipeError:
        return _quiet()
    return status


def _quiet() -> int:
    """Whoever read our output has gone (``| head``): write nothing more, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _internal() -> int:
    from agent.interfaces.cli.log import log_exception

    where = log_exception()
    details = f"Details are in {where}" if where else "The log could not be written"
    return _say(f"something went wrong in ShopOps (internal). {details}", 1)
