"""One line of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was promised and what was measured; `how` says with what."""

    what: str
    promised: str
    measured: str
    holds: bool
    how: str


def at_least(what: str, promised: float, measured: float, how: str) -> Row:
    """A ratio that should be high."""
    return Row(what, f"at least {promised:g} ×", f"{measured:.2f} ×", measured >= promised, how)


def at_most(what: str, promised: float, measured: float, unit: str, how: str) -> Row:
    """A figure that should be low, in `unit`."""
    digits = 2 if promised < 10 else 0
    return Row(what, f"at most {promised:g} {unit}", f"{measured:.{digits}f} {unit}", measured <= promised, how)
