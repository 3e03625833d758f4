"""Secrets of one installation and its login: made once, in files of their owner, never shown."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import asdict, dataclass, field

from geoschem_bench.servers.files import damaged, read_document, write_document
from geoschem_bench.servers.folders import Folders

USER = "admin"
_NEW_LOGIN = "remove it; a new password is made by: geoschem-bench ui up"


@dataclass(frozen=True)
class Keys:
    """What all components must agree on."""

    jwt: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """Signs the tokens of people and tasks."""
    api: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """Signs what the UI gives out."""
    fernet: str = field(
        default_factory=lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(), repr=False
    )
    """Encrypts connections and variables in the database."""
    postgres: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """Airflow's password there."""


def ensure_keys(folders: Folders) -> Keys:
    """The keys of this installation. SettingsError where they cannot be read."""
    document = read_document(folders.keys_file)
    if document is None:
        made = Keys()
        write_document(folders.keys_file, asdict(made))
        return made
    if set(document) != set(asdict(Keys())) or not all(
        isinstance(value, str) and value for value in document.values()
    ):
        raise damaged(folders.keys_file, "other keys are needed")
    return Keys(**document)


def ensure_login(folders: Folders) -> str:
    """The password of our user. SettingsError where it cannot be read."""
    if (password := read_login(folders)) is None:
        password = secrets.token_urlsafe(12)
        write_document(folders.login_file, {USER: password})
    return password


def read_login(folders: Folders) -> str | None:
    """The password of our user, if there is one yet. SettingsError where it cannot be read."""
    document = read_document(folders.login_file, _NEW_LOGIN)
    if document is None:
        return None
    password = document.get(USER)
    if not isinstance(password, str) or not password:
        raise damaged(folders.login_file, f"it has no password of {USER}", _NEW_LOGIN)
    return password
