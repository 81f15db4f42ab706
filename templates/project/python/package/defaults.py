"""What mlops.yaml says of the model; a run may give other values (`python -m {= package =}.train --help`)."""

from __future__ import annotations

from typing import Any

ALGORITHM = {= algorithm =}
METRIC = {= metric =}
PARAMETERS: dict[str, Any] = {}
{% for parameter in parameters %}
PARAMETERS[{= parameter.name =}] = {= parameter.value =}
{% endfor %}
