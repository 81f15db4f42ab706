"""How the programs end and what they tell Azure Pipelines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from .contract import ContractError
from .model_folder import ModelError
from .table import DataError


def run(main: Callable[[], int]) -> None:
    """Run a program: expected errors become one line on standard error and exit code 2."""
    try:
        sys.exit(main())
    except (ContractError, DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def set_output(name: str, value: str) -> None:
    """Set an output variable of the step, where Azure Pipelines runs it."""
    if os.environ.get("TF_BUILD"):
        print(f"##vso[task.setvariable variable={name};isOutput=true]{value}")
