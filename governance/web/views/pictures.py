"""A picture's rights: what its file says, what its owner allowed, until when we may use it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe

from governance.access import may
from governance.adapters import pictures
from governance.errors import NotAllowed, RequestError
from governance.models import Asset, InputPermission
from governance.reports.pictures import picture_rights, visible_pictures
from governance.services.permissions import record_permission, record_term, verify_permission
from governance.services.stored import asset_bytes
from governance.web.forms.evidence import refuse
from governance.web.forms.pictures import PERMISSION_FIELDS, PermissionForm, TermForm
from governance.web.views.licenses import acted

EDGE = 640


def _find(request: HttpRequest, pk: int) -> Asset:
    return get_object_or_404(visible_pictures(request.user), pk=pk)


@require_safe
def picture_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_safe
def picture_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A small preview. The bytes are checked against their digest on the way out and never change."""
    asset = _find(request, pk)
    etag = f'"{asset.sha256}-{EDGE}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    response = HttpResponse(pictures.preview_webp(asset_bytes(asset), EDGE), content_type="image/webp")
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=86400"
    return response


@require_POST
def permission_new(request: HttpRequest, pk: int) -> HttpResponse:
    asset = _find(request, pk)
    names = picture_rights(asset, timezone.now()).properties
    form = PermissionForm(request.POST, request.FILES, properties=names)
    if form.is_valid():
        try:
            record_permission(request.user, asset, form.permitted(), form.papers())
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, PERMISSION_FIELDS)
        else:
            messages.success(request, "The permission is recorded. It counts once a second person verified it.")
            return redirect("picture", pk)
    return _page(request, asset, permission_form=form)


@require_POST
def permission_verify(request: HttpRequest, pk: int) -> HttpResponse:
    rows = InputPermission.objects.filter(asset__in=visible_pictures(request.user)).select_related("asset")
    row = get_object_or_404(rows, pk=pk)
    said = f"PRM-{row.pk} is verified. Work that waited for it is asked about again."
    return acted(request, lambda: verify_permission(request.user, row), said, redirect("picture", row.asset_id))


@require_POST
def term_new(request: HttpRequest, pk: int) -> HttpResponse:
    asset, form = _find(request, pk), TermForm(request.POST)
    if form.is_valid():
        try:
            record_term(request.user, asset, **form.cleaned_data)
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, {})
        else:
            messages.success(request, "Recorded. It counts at every check from now on.")
            return redirect("picture", pk)
    return _page(request, asset, term_form=form)


def _page(
    request: HttpRequest, asset: Asset, permission_form: PermissionForm | None = None, term_form: TermForm | None = None
) -> HttpResponse:
    user, client, rights = request.user, asset.client_id, picture_rights(asset, timezone.now())
    context = {
        "asset": asset,
        "rights": rights,
        "permission_form": permission_form or PermissionForm(properties=rights.properties),
        "term_form": term_form or TermForm(),
        "may_record": may(user, "permission.record", client),
        "may_verify": may(user, "permission.verify", client),
        "may_record_term": may(user, "asset_term.record", client),
        "may_read_papers": may(user, "evidence.read"),
    }
    return render(request, "pictures/page.html", context, status=400 if permission_form or term_form else 200)
