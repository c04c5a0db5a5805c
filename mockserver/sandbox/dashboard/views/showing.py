"""What every module of pages does: show a page with a form that was refused, go on after a change, show a secret once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from mockserver.domain.errors import ApiError
from mockserver.sandbox.dashboard.forms import Form, refused
from mockserver.sandbox.dashboard.once import Shown, keep
from mockserver.sandbox.dashboard.parts import parts

Page = Any  # what Flask takes for an answer
View = Callable[..., Page]


def shown(template: str, form: Form, **values: Any) -> Page:
    """A page, with the status of the form on it that was refused, if one was."""
    return render_template(template, form=form, **values), form.status


def beside(show: View, *keep: str) -> Callable[[View], View]:
    """A refusal of what the decorated view carries out is told on the page `show`, beside the form, which keeps what was
    typed. `keep` are the arguments that both take."""

    def decorate(view: View) -> View:
        @wraps(view)
        def carried_out(**given: Any) -> Page:
            try:
                return view(**given)
            except ApiError as why:
                status = parts().status(why)
                if status == 403:
                    raise  # the page is closed to the guest too
                form = refused(request.form, why, status)
                return show(**{name: given[name] for name in keep}, form=form)

        return carried_out

    return decorate


def done(sentence: str, endpoint: str, **values: Any) -> Page:
    """The change was made: say so on the page that shows it."""
    flash(sentence)
    return redirect(url_for(endpoint, **values), 303)


def once(page: Shown) -> Page:
    """Go to the page that shows secrets, once; or show it here and now, if it is too large to wait for that."""
    name = keep(page)
    if name is None:
        return render_template("once.html", page=page)
    return redirect(url_for("worlds.once_shown", name=name), 303)
