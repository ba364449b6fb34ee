"""Sign in and sign out."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "User name and password do not match an account. Both are case-sensitive.",
        "inactive": "This account is closed. Ask whoever runs Clearcut.",
    }


class SignIn(LoginView):
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        # A fragment asked for after the session ended: reload the page, rather than put this form inside it.
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRefresh()
        return super().get(request, *args, **kwargs)


sign_in = SignIn.as_view(
    template_name="accounts/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)
sign_out = LogoutView.as_view()
