"""``python -m agent.evaluation``: both commands without the rest of the command line."""

from __future__ import annotations

import click

from agent.evaluation.cli import bench_command, eval_command
from db.errors import ShopOpsError


def main() -> int:
    """Run a command and give its exit status."""
    group = click.Group(commands=[eval_command, bench_command])
    try:
        return int(group.main(prog_name="python -m agent.evaluation", standalone_mode=False) or 0)
    except ShopOpsError as error:
        click.echo(f"Error: {error}", err=True)
        return error.exit_status
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        return error.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
