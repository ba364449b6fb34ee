"""What should not have happened: a swapped file, a refused signature, a fence that was opened. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at


class Alarm(models.Model):
    """Something that only tampering, a fault or a restore explains. It stays open until a person says what it was."""

    class Kind(models.TextChoices):
        FILE = "file", "A stored file is not the recorded one"
        RECORD = "record", "A record does not hold"
        LOG = "log", "The log was stopped, brought back or altered"
        SIGNER = "signer", "The signer refused"
        CLOCK = "clock", "A clock went backwards"
        FENCE = "fence", "The database is not fenced as it should be"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Our own word for what it is about, such as "output:17".
    subject = models.CharField(max_length=80)
    message = models.TextField()
    raised_at = recorded_at()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class AlarmAcknowledgement(models.Model):
    """A person looked into an alarm and says what it was."""

    alarm = models.OneToOneField(Alarm, on_delete=models.PROTECT, related_name="acknowledgement")
    note = models.TextField()
    acknowledged_by = person()
    acknowledged_at = recorded_at()
