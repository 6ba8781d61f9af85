"""The ``shopops`` command. A command's module is imported only when it runs, and ``--help`` imports none."""

from __future__ import annotations

from agent.interfaces.cli.group import LazyGroup

# name -> where the command is, and its line in `shopops --help`; a new command is one line here
COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("agent.interfaces.cli.ask:ask", "Ask a question, or a file of questions."),
    "brief": ("agent.interfaces.cli.brief:brief", "Write the weekly brief."),
    "chat": ("agent.interfaces.cli.chat:chat", "Open the chat in a browser."),
    "serve": ("agent.interfaces.cli.serve:serve", "Serve all faces, schedules and alerts in one process."),
    "mcp": ("agent.interfaces.cli.mcp:mcp", "Serve the tools to an assistant on this machine (MCP)."),
    "connect": ("agent.interfaces.cli.connect:connect", "Connect your own shop: a database, or files."),
    "load": ("agent.interfaces.cli.load:load", "Load a store's data."),
    "model": ("agent.interfaces.cli.model:model", "Fetch, list and choose language models."),
    "train": ("agent.interfaces.cli.train:train", "Train the models of a store, measured on data held out."),
    "watch": ("agent.interfaces.cli.watch:watch", "Score new payments and refunds as they come."),
    "alert": ("agent.interfaces.cli.alert:alert", "Set alerts, and see what they told."),
    "schedule": ("agent.interfaces.cli.schedule:schedule", "Say what runs by itself, and when."),
    "outbox": ("agent.interfaces.cli.outbox:outbox", "Messages that wait or were given up."),
    "confirm": ("agent.interfaces.cli.confirm:confirm", "Do what an answer proposed."),
    "decline": ("agent.interfaces.cli.confirm:decline", "Let go what an answer proposed."),
    "user": ("agent.interfaces.cli.user:user", "Say who may sign in, and what they may see."),
    "token": ("agent.interfaces.cli.token:token", "Make and revoke the tokens that programs sign in with."),
    "channel": ("agent.interfaces.cli.channel:channel", "List and try the channels that messages go to."),
    "feedback": ("agent.interfaces.cli.feedback:feedback", "Say whether an answer was right."),
    "eval": ("agent.evaluation.cli:eval_command", "Measure a model on sets of questions."),
    "bench": ("agent.evaluation.cli:bench_command", "Measure times and memory."),
    "backup": ("agent.interfaces.cli.backup:backup", "Copy what could not be got again into one archive."),
    "doctor": ("agent.interfaces.cli.doctor:doctor", "Show what is in force, and what is missing."),
}
EXAMPLE = 'Example: shopops ask "Which five departments brought in the most revenue in 2017?"'

cli = LazyGroup(
    name="shopops",
    commands_at=COMMANDS,
    help=f"An operations analyst for online shops: ask in English or Chinese, open every figure.\n\n{EXAMPLE}",
)


def main() -> None:
    """The entry point. Ends the process with 0 (done), 1 (failed), 2 (used wrongly) or 130 (stopped)."""
    cli.main(prog_name="shopops")
