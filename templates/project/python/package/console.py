"""How the programs end, what they print, and what they tell Azure Pipelines."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable


class Refusal(Exception):
    """What a program expects to go wrong now and then; the message is one line with place, expectation and way out."""


# Marks that turn the direction of writing, control characters, and what is no character at all.
TURNS = re.compile("[\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\x00-\x1f\x7f-\x9f]|[\ud800-\udfff\ufffe\uffff]")


def harmless(text: object) -> str:
    """The text as one line that neither a terminal nor an agent takes for more than text.

    Control characters become `\\u{...}`, and `##`, with which commands of Azure Pipelines begin, becomes `# #`.
    """
    shown = TURNS.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", str(text))
    return re.sub("#(?=#)", "# ", shown)


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
