"""What can be wrong with a statement, a commitment or an envelope: got, expected and how to fix."""

from __future__ import annotations

from governance.errors import GovernanceError


class ProvenanceError(GovernanceError):
    """Base of every refusal in this package."""

    code = "provenance.invalid"


class NotCanonical(ProvenanceError):
    """A value has no RFC 8785 form that every reader would agree on."""

    code = "provenance.not-canonical"


class BadTimestamp(ProvenanceError):
    """A time that is not exact UTC to the microsecond."""

    code = "provenance.timestamp"


class BadCommitment(ProvenanceError):
    """A salted commitment that is malformed or does not open."""

    code = "provenance.commitment"


class MalformedStatement(ProvenanceError):
    """A statement that breaks its own rules."""

    code = "provenance.statement"


class MalformedEnvelope(ProvenanceError):
    """A DSSE envelope that does not have exactly the shape we issue."""

    code = "provenance.envelope"


class BadSignature(ProvenanceError):
    """A DSSE signature that was not made by this key over these bytes."""

    code = "provenance.signature"
