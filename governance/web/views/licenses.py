"""Licences: the list, a reading beside its text, drafting one, approving and retiring it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access import may, require
from governance.adapters import blobs
from governance.errors import NotAllowed, RequestError
from governance.licensing.encodings_toml import as_toml
from governance.licensing.odrl import as_odrl
from governance.models import License, LicenseEncoding, LicenseText
from governance.reports.license_terms import vocabulary
from governance.reports.licenses import license_list as list_of
from governance.reports.licenses import license_page as page_of
from governance.rights.readings import encodings, read_body
from governance.services.encodings import GIVEN, approve_encoding, draft_encoding, retire_encoding
from governance.services.license_texts import record_text
from governance.web.forms.evidence import refuse
from governance.web.forms.licenses import ENCODING_FIELDS, TEXT_FIELDS, EncodingForm, RetireForm, TextForm
from governance.web.responses import attachment

SKELETON = """title = ""
reading = "Our reading, not legal advice. "
source = ""
open_questions = []

[[term]]
kind = "permission"
actions = ["run_inference"]
clause_ref = ""
quote = ""
paraphrase = ""
"""


@require_safe
def license_list(request: HttpRequest) -> HttpResponse:
    return render(request, "licenses/list.html", {"licenses": list_of()})


@require_safe
def license_page(request: HttpRequest, slug: str, pk: int | None = None) -> HttpResponse:
    """The reading that counts, or with ``pk`` another revision of it."""
    return _page(request, slug, pk)


def _page(request: HttpRequest, slug: str, pk: int | None, form: RetireForm | None = None) -> HttpResponse:
    page, user = page_of(slug, pk), request.user
    if page is None:
        raise Http404
    shown = page.shown
    ours = shown is not None and not shown.from_catalogue and shown.retired_at is None
    context = {
        "page": page,
        "retire_form": form or RetireForm(),
        "may_draft": may(user, "encoding.draft"),
        "may_record_text": may(user, "license_text.record"),
        "may_approve": shown is not None and shown.waits and may(user, "encoding.approve"),
        "drafted_by_me": shown is not None and shown.drafted_by == user.get_username(),
        "may_retire": ours and may(user, "encoding.retire"),
    }
    return render(request, "licenses/page.html", context, status=400 if form else 200)


@require_safe
def odrl(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    row = get_object_or_404(LicenseEncoding, license=slug, pk=pk)
    policy = as_odrl(read_body(row.body), f"urn:clearcut:license:{slug}")
    named = {"Content-Disposition": f'attachment; filename="{slug}-revision-{row.revision}.odrl.json"'}
    options = {"indent": 2, "ensure_ascii": False}
    return JsonResponse(policy, json_dumps_params=options, content_type="application/ld+json", headers=named)


@require_http_methods(["GET", "HEAD", "POST"])
def encoding_new(request: HttpRequest, slug: str) -> HttpResponse:
    license = get_object_or_404(License, slug=slug)
    require(request.user, "encoding.draft")
    known = encodings().get(slug)
    start = as_toml(known, without=GIVEN) if known else SKELETON
    form = EncodingForm(request.POST or None, initial={"toml": start})
    drafted = _draft(request, license, form) if request.method == "POST" and form.is_valid() else None
    if drafted is not None:
        messages.success(request, f"Revision {drafted.revision} is drafted. It counts once another person approves it.")
        return redirect("license-reading", slug, drafted.pk)
    context = {"form": form, "license": license, "known": known, "vocabulary": vocabulary()}
    return render(request, "licenses/encoding_new.html", context, status=400 if form.errors else 200)


def _draft(request: HttpRequest, license: License, form: EncodingForm) -> LicenseEncoding | None:
    try:
        return draft_encoding(request.user, license, **form.cleaned_data)
    except NotAllowed:
        raise
    except RequestError as problem:
        refuse(form, problem, ENCODING_FIELDS)
        return None


@require_POST
def approve(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    row = get_object_or_404(LicenseEncoding, license=slug, pk=pk)
    said = f"Revision {row.revision} counts from now on. Every gate reads the licence this way."
    return acted(request, lambda: approve_encoding(request.user, row), said, redirect("license-reading", slug, pk))


@require_POST
def retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    row, form = get_object_or_404(LicenseEncoding, license=slug, pk=pk), RetireForm(request.POST)
    if form.is_valid():
        try:
            retire_encoding(request.user, row, form.cleaned_data["reason"])
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, {})
        else:
            messages.success(request, f"Revision {row.revision} is retired. Decisions made under it keep it.")
            return redirect("license", slug)
    return _page(request, slug, pk, form)


@require_http_methods(["GET", "HEAD", "POST"])
def text_new(request: HttpRequest, slug: str) -> HttpResponse:
    license = get_object_or_404(License, slug=slug)
    require(request.user, "license_text.record")
    form = TextForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _record(request, license, form):
        messages.success(request, "The text is on record. A reading can be drafted from it.")
        return redirect("license", slug)
    context = {"form": form, "license": license}
    return render(request, "licenses/text_new.html", context, status=400 if form.errors else 200)


def _record(request: HttpRequest, license: License, form: TextForm) -> bool:
    try:
        record_text(request.user, license, form.cleaned_data["content"].read(), form.captured())
    except NotAllowed:
        raise
    except RequestError as problem:
        refuse(form, problem, TEXT_FIELDS)
    return not form.errors


@require_safe
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes as they were recorded, checked against their digest on the way out."""
    row = get_object_or_404(LicenseText, pk=pk)
    return attachment(blobs.get(row.sha256), f"{row.license_id}.txt", "text/plain; charset=utf-8")


def acted(request: HttpRequest, act: Callable[[], object], said: str, then: HttpResponse) -> HttpResponse:
    """Do one act, say what came of it, and go on."""
    try:
        act()
    except NotAllowed:
        raise
    except RequestError as problem:
        messages.error(request, f"{problem.message} {problem.how_to_fix}".strip())
    else:
        messages.success(request, said)
    return then
