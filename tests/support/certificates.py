"""Certificates for tests, made with the openssl program: a CA, and what it signs."""

import pathlib
import shutil
import subprocess

import pytest


class Authority:
    """A CA in a directory: `file` is what clients trust."""

    def __init__(self, directory, name="test CA"):
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file = self.directory / "ca.pem"
        self._key = self.directory / "ca.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.file)

    def issue(self, certificate, key, names="DNS:localhost,IP:127.0.0.1"):
        """A certificate for these names, and its key, in the files given."""
        request, extensions = self.directory / "request.pem", self.directory / "extensions"
        extensions.write_text(f"subjectAltName={names}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
                      "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-days", "1",
                      "-extfile", extensions, "-out", certificate)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
