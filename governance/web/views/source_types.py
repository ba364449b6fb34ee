"""What the files we make say they are: legal decides."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance.access import may, require
from governance.errors import NotAllowed, RequestError
from governance.reports.source_types import history, mappings
from governance.services.source_types import set_source_type
from governance.web.forms.records import SOURCE_TYPE_FIELDS, SourceTypeForm
from governance.web.forms.refused import refuse


@require_http_methods(["GET", "HEAD", "POST"])
def source_type_page(request: HttpRequest) -> HttpResponse:
    require(request.user, "rights.read")
    form = SourceTypeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _set(request, form):
        messages.success(request, "Set. Files made from now on say so; the decision goes into the log.")
        return redirect("source-types")
    context = {
        "form": form,
        "mappings": mappings(),
        "history": history(),
        "may_set": may(request.user, "source_type.set"),
    }
    return render(request, "source_types/page.html", context, status=400 if form.errors else 200)


def _set(request: HttpRequest, form: SourceTypeForm) -> bool:
    given = form.cleaned_data
    try:
        set_source_type(request.user, given["act"], given["digital_source_type"], given["reason"])
    except NotAllowed:
        raise
    except RequestError as problem:
        refuse(form, problem, SOURCE_TYPE_FIELDS)
    return not form.errors
