"""The log: an outbox, the sequence it becomes, the tree over it and the checkpoints signed for it."""

from __future__ import annotations

from django.db import models

from governance.models.fields import recorded_at, sha256_field
from governance.models.outputs import ProvenanceRecord


class PendingEntry(models.Model):
    """The outbox. Written by the database with the record, taken out by the integrator: the only rows ever deleted."""

    record = models.OneToOneField(ProvenanceRecord, on_delete=models.PROTECT, primary_key=True, related_name="pending")
    queued_at = recorded_at()


class SequencedEntry(models.Model):
    """An entry's place in the log, gap-free from 0. Assigned by the integrator, never by a sequence:
    a rolled-back sequence value would leave a hole that looks like a deletion.

    ``recovered_leaf`` stands in for a record that a restored backup no longer holds: the log has the entry, we lost
    the statement.
    """

    seq = models.BigIntegerField(primary_key=True)
    record = models.OneToOneField(ProvenanceRecord, on_delete=models.PROTECT, null=True, related_name="entry")
    leaf_hash = models.BinaryField(max_length=32)
    recovered_leaf = models.BinaryField(null=True)
    integrated_at = recorded_at()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(seq__gte=0), name="sequence_not_negative"),
            models.CheckConstraint(
                condition=models.Q(record__isnull=False, recovered_leaf__isnull=True)
                | models.Q(record__isnull=True, recovered_leaf__isnull=False),
                name="sequence_record_or_recovered_leaf",
            ),
        ]


class TreeNode(models.Model):
    """The hash of a complete subtree above the leaves: leaves ``[index << level, (index + 1) << level)``."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index"], name="tree_node_once"),
            models.CheckConstraint(condition=models.Q(level__gte=1), name="tree_node_above_leaves"),
        ]


class TreeState(models.Model):
    """The tree after one batch: its size, root and right edge (the compact range, at most 64 hashes)."""

    size = models.BigIntegerField(primary_key=True)
    root = sha256_field()
    edge = models.BinaryField()
    integrated_at = recorded_at()

    class Meta:
        get_latest_by = "size"


class Checkpoint(models.Model):
    """A signed note over a tree state, as published."""

    size = models.BigIntegerField(unique=True)
    root = sha256_field()
    note = models.TextField()
    published_at = recorded_at()

    class Meta:
        get_latest_by = "size"
