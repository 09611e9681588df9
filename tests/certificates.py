"""Certificates for tests, made by the openssl command with keys that are good for a day."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Identity:
    """A certificate, its key, and the CA that its owner trusts."""

    certificate: Path
    key: Path
    ca: Path

    @property
    def options(self) -> list[str]:
        """The options of our programs that name the files."""
        return [f"--{name}={path}" for name, path in self.given.items()]

    @property
    def given(self) -> dict[str, str]:
        """The same by the names of the options."""
        return {"tlsCert": str(self.certificate), "tlsKey": str(self.key), "tlsCa": str(self.ca)}

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables."""
        return {
            "MAPREDUCE_TLS_CERT": str(self.certificate),
            "MAPREDUCE_TLS_KEY": str(self.key),
            "MAPREDUCE_TLS_CA": str(self.ca),
        }


class Authority:
    """A CA whose files lie in *directory*; the test is skipped where there is no openssl."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("there is no openssl command to make certificates with")
        self._directory = directory
        self.certificate, self._key = directory / "ca.pem", directory / "ca.key"
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-subj", "/CN=the CA of a test", "-days", "1"),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def identity(self, name: str, *hosts: str, days: int = 1) -> Identity:
        """A new certificate for *hosts* (``IP:…``, ``DNS:…``); with -1 day it has expired."""
        made, key, request, extensions = (
            self._directory / f"{name}.{kind}" for kind in ("pem", "key", "csr", "ext")
        )
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions.write_text(
            "basicConstraints=critical,CA:FALSE\n"
            f"subjectAltName={','.join(hosts or ('IP:127.0.0.1', 'DNS:localhost'))}\n"
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key),
            *("-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", made),
        )
        return Identity(made, key, self.certificate)


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
