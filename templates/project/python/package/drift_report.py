"""What was found of drift, for people: lines for the log, and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import outcomes, page
from .console import harmless

if TYPE_CHECKING:
    from .drift import Finding, Limits, Measured


def lines(finding: Finding, limits: Limits, told: outcomes.OutcomeLimits | None = None) -> list[str]:
    """Lines for the log."""
    said = outcomes.report(finding.outcomes, told) if finding.outcomes and told else []
    if finding.malformed_lines:
        said.append(f"{finding.malformed_lines} lines of the logs are no records of this model's columns: left out")
    if finding.other_models:
        said.append(f"{finding.other_models} lines are of other models: left out")
    if not finding.judged:
        return [*said, f"{finding.rows} logged rows, fewer than the {limits.rows} that are needed to judge"]
    if finding.not_logged:
        said.append(f"not in the logs, and not judged: {', '.join(harmless(name) for name in finding.not_logged)}")
    failed = [item for item in finding.columns if item.failures]
    said.append(f"{finding.rows} logged rows, {len(finding.columns)} columns, {len(failed)} drifted")
    for item in failed:
        said += [f"  DRIFT {harmless(item.column)}: {why(item, failure, limits)}" for failure in item.failures]
    return said


def why(item: Measured, failure: str, limits: Limits) -> str:
    """A failure in words."""
    if failure == "psi":
        return f"stability index {item.psi or 0:.3f}, the limit is {limits.psi:g}"
    if failure == "missing":
        growth = item.missing - item.missing_before
        return f"more missing cells than in training by {growth:.3f}, the limit is {limits.missing:g}"
    return f"share of unknown levels {item.unseen:.3f}, the limit is {limits.unseen:g}"


def html(finding: Finding, limits: Limits, told: outcomes.OutcomeLimits | None = None) -> str:
    """The page for people, the most unstable column first."""
    header = ("Column", "Stability index", "Missing", "Missing in training", "Unknown levels", "Verdict")
    cells_ = [
        (
            page.shown(item.column),
            "" if item.psi is None else f"{item.psi:.3f}",
            f"{item.missing:.1%}",
            f"{item.missing_before:.1%}",
            f"{item.unseen:.1%}",
            page.verdict("; ".join(why(item, failure, limits) for failure in item.failures) or None),
        )
        for item in sorted(finding.columns, key=lambda item: -(item.psi or 0))
    ]
    said = f"<p>{finding.rows} logged rows against the training rows.</p>"
    worth = outcomes.report(finding.outcomes, told) if finding.outcomes and told else []
    paragraphs = [f"<p>{page.shown(line.strip())}</p>" for line in worth]
    return page.page("Drift", [*paragraphs, said, page.table(header, cells_)])
