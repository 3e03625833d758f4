"""Requests to one api-server, and what a refusal says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tests.servers.waiting import nothing

Answer = dict[str, Any]
_PAGE = 1000
_ANSWER_SECONDS = 30.0


class RestError(RuntimeError):
    """Airflow refused a request; says which, and why."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        request = response.request
        asked = f"{request.method} {request.url}"
        super().__init__(f"{asked} was answered with {self.status}: {response.text[:2000]}")


class Session:
    """Speaks to one api-server, as one user."""

    def __init__(self, url: str, token: str = "", check: Callable[[], None] = nothing) -> None:
        """Args: see `log_in` for the token; `check` raises when waiting on is of no use."""
        self.url = url
        self.check = check
        self._http = httpx.Client(base_url=url, timeout=_ANSWER_SECONDS, trust_env=False)
        self._take(token)

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def _take(self, token: str) -> None:
        self.has_token = bool(token)
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def log_in(self, user: str, password: str) -> None:
        """Gets a token for a user."""
        said = {"username": user, "password": password}
        self._take(_checked(self._http.post("/auth/token", json=said)).json()["access_token"])

    def request(self, method: str, path: str, **kwargs: Any) -> Any:
        """Any call below `/api/v2`; None where the answer has no content. RestError if refused."""
        response = _checked(self._http.request(method, f"/api/v2{path}", **kwargs))
        return response.json() if response.content else None

    def items(self, path: str, key: str, **params: Any) -> Iterator[Answer]:
        """Every item of a list of any length."""
        seen = 0
        while True:
            page = self.request("GET", path, params={"limit": _PAGE, "offset": seen} | params)
            yield from page[key]
            seen += len(page[key])
            if not page[key] or seen >= page["total_entries"]:
                return


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise RestError(response)
    return response
