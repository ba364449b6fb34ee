"""The one tree of errors: each says what was got, what was expected and how to fix it, under a stable code.

``RequestError`` is the caller's to fix, ``PlatformError`` is ours. Faces translate them once; nothing else
catches them to carry on.
"""

from __future__ import annotations


class GovernanceError(Exception):
    """Base of every error Clearcut raises on purpose.

    ``code`` is stable and machine-readable; ``message`` says got and expected; ``how_to_fix`` says the next step.
    """

    code = "error"

    def __init__(self, message: str, *, how_to_fix: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.how_to_fix = how_to_fix
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        advice = f" {self.how_to_fix}" if self.how_to_fix else ""
        return f"[{self.code}] {self.message}{advice}"


class RequestError(GovernanceError):
    """The caller asked for something that cannot be done as asked."""

    code = "request.invalid"


class NotAllowed(RequestError):
    """The caller has no role that permits this act."""

    code = "access.denied"


class PlatformError(GovernanceError):
    """Something on our side failed. ``permanent`` says whether trying again can ever help."""

    code = "platform.failed"

    def __init__(self, message: str, *, how_to_fix: str = "", code: str | None = None, permanent: bool = False) -> None:
        super().__init__(message, how_to_fix=how_to_fix, code=code)
        self.permanent = permanent
