"""How the programs end, what they print, and what they tell Azure Pipelines."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


class Refusal(Exception):
    """What a program expects to go wrong now and then; the message is one line with place, expectation and way out."""


def harmless(text: object) -> str:
    """The text as one line that neither a terminal nor an agent takes for more than text."""
    shown = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in str(text))
    return shown.replace("##vso[", "##\u200bvso[").replace("##[", "##\u200b[")


def run(main: Callable[[], int]) -> None:
    """Run a program: 0 and 1 are its own verdicts; whatever goes wrong ends with one line and exit code 2."""
    try:
        sys.exit(main())
    except Refusal as error:
        print(f"error: {harmless(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
    except Exception as error:
        for line in traceback.format_exc().splitlines():
            print(harmless(line), file=sys.stderr)
        print(f"error: {type(error).__name__}: {harmless(error)}", file=sys.stderr)
    sys.exit(2)


def set_output(name: str, value: str) -> None:
    """Set an output variable of the step, where Azure Pipelines runs it."""
    if os.environ.get("TF_BUILD"):
        print(f"##vso[task.setvariable variable={name};isOutput=true]{value}")
