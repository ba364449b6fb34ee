"""A file to be verified, with the receipt that came with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from governance.ledger.bundle import MAX_RECEIPT_BYTES
from governance.web.uploads import HashedUpload


class VerifyForm(forms.Form):
    """``hashed``: the handler the files came in by."""

    file = forms.FileField(
        label="The file",
        error_messages={
            "required": "No file chosen. Choose the one you want to know about.",
            "empty": "The file is empty: there are no bytes to compare. Fetch it again from where it came.",
        },
    )
    receipt = forms.FileField(
        label="Its receipt, if you have one",
        required=False,
        help_text="What came with it: a .sigstore.json, .receipt.json or .tlog-proof.",
        error_messages={"empty": "The receipt is empty. Ask for it again, or leave it out."},
    )

    def __init__(self, *values: Any, hashed: HashedUpload | None = None, **options: Any) -> None:
        super().__init__(*values, **({"label_suffix": ""} | options))
        self._hashed = hashed

    def clean_receipt(self) -> bytes | None:
        receipt: UploadedFile | None = self.cleaned_data["receipt"]
        if receipt is None:
            return None
        if (receipt.size or 0) > MAX_RECEIPT_BYTES:
            raise forms.ValidationError(
                f"It has {receipt.size} bytes; a receipt has at most {MAX_RECEIPT_BYTES}. Is it the file itself?"
            )
        return receipt.read()

    def clean(self) -> dict[str, Any]:
        hashed = self._hashed
        if hashed is not None and hashed.too_large:
            self.errors.clear()  # what was not read cannot be said to be missing
            limit = f"at most {hashed.limit / 1_000_000:.0f} MB can be verified here"
            raise forms.ValidationError(
                f"The {hashed.too_large} is too large: {limit}. Use the program on the record's page: it has no limit."
            )
        return self.cleaned_data
