"""Parses every `az` call of a file (a line each, words between tabs) with the official azure-cli, in this process."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

from azure.cli.core import get_default_cli
from knack.events import EVENT_INVOKER_POST_CMD_TBL_CREATE

# What stands for an id of a resource, whose parts are the command's other arguments.
ID = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/virtualNetworkPeerings/p"
# Command groups of extensions, which azure-cli itself does not have.
EXTENSIONS = {"ml": "ml"}


def parse(cli, words: list[str]) -> str | None:
    """Why the call is refused; None if it is taken."""
    invocation = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
    )
    cli.invocation = invocation
    invocation.data["command_string"] = ""
    loader = invocation.commands_loader
    loader.load_command_table(words)
    command = invocation._rudimentary_get_command(words)
    if command not in loader.command_table:
        return f"azure-cli has no command `{' '.join(words[:3])}`"
    invocation.data["command_string"] = loader.command_name = command
    loader.command_table = {command: loader.command_table[command]}
    loader.load_arguments(command)
    # Adds `--ids`, which takes the place of the arguments that an id holds.
    cli.raise_event(EVENT_INVOKER_POST_CMD_TBL_CREATE, commands_loader=loader)
    invocation.parser.cli_ctx = cli
    invocation.parser.load_command_table(loader)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            invocation.parser.parse_args(words)
    except SystemExit as end:
        return None if end.code == 0 else said.getvalue().strip().splitlines()[0]
    return None


def main() -> int:
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    calls = [line.split("\t")[1:] for line in lines if line.startswith("az\t")]
    for words in calls:
        if "--ids" in words:
            words[words.index("--ids") + 1] = ID
    cli = get_default_cli()
    left: dict[str, int] = {}
    refused = []
    for words in calls:
        if words[0] in EXTENSIONS:
            left[words[0]] = left.get(words[0], 0) + 1
            continue
        why = parse(cli, words)
        if why:
            refused.append(f"az {' '.join(words)}: {why}")
    taken = len(calls) - sum(left.values()) - len(refused)
    print(f"azure-cli parses {taken} of {len(calls)} az calls, refuses {len(refused)}")
    for group, count in left.items():
        print(f"not parsed: {count} of `az {group}`, which is the extension `{EXTENSIONS[group]}`: no package of PyPI has it")
    for line in refused:
        print(f"refused: {line}", file=sys.stderr)
    return 1 if refused or not calls else 0


if __name__ == "__main__":
    sys.exit(main())
