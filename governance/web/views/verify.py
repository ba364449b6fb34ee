"""A file somebody brings: what we know of exactly these bytes. It is hashed as it comes in and never kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from governance.adapters.pictures import DEFAULT_LIMITS
from governance.reports.file_check import Brought, check_file
from governance.web.forms.verify import VerifyForm
from governance.web.uploads import HashedUpload


# The handler has to stand before anything reads the form, the check of its token included; _answer makes that check.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    hashed = HashedUpload(request, DEFAULT_LIMITS.max_bytes)
    request.upload_handlers.insert(0, hashed)
    return _answer(request, hashed)


@csrf_protect
def _answer(request: HttpRequest, hashed: HashedUpload) -> HttpResponse:
    asked = request.method == "POST"
    form = VerifyForm(request.POST, request.FILES, hashed=hashed) if asked else VerifyForm()
    context = {"form": form, "max_bytes": hashed.limit}
    if not asked or not form.is_valid():
        return render(request, "verify/page.html", context, status=400 if asked else 200)
    file, receipt = form.cleaned_data["file"], form.cleaned_data["receipt"]
    brought = Brought(file.name, hashed.digests["file"], file.size, file, receipt)
    return render(request, "verify/page.html", context | {"check": check_file(request.user, brought, timezone.now())})
