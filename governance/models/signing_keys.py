"""The public halves of the keys that signed for us, as the log first met them. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import recorded_at


class SigningKey(models.Model):
    """A public key and what it signs. The private half is never here; verifiers get theirs from the trust file."""

    class Purpose(models.TextChoices):
        RECORD = "record", "Signs records (ECDSA P-256)"
        LOG = "log", "Signs checkpoints (Ed25519)"
        CONTENT = "content", "Signs the credentials in output files (C2PA)"

    # SHA-256 of the DER SubjectPublicKeyInfo in hex.
    key_id = models.CharField(max_length=64)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    public_key = models.BinaryField("DER SubjectPublicKeyInfo")
    recorded_at = recorded_at()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key_id", "purpose"], name="signing_key_once_per_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} key {self.key_id[:16]}…"
