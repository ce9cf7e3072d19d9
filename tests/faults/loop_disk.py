"""A file system of its own in a file, as root: ext4 with a real journal on a loop device, which can lose power or run full."""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time

import pytest

FS_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, uint32_t)
NO_LOG_FLUSH = 2  # as a power cut: what is not on the device is lost


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True)


class LoopDisk:
    """Mounted while open. Skips the test, and says why, where this machine or this user cannot have one."""

    def __init__(self, megabytes):
        if os.geteuid() != 0:
            pytest.skip("needs root for a loop-mounted file system")
        for tool in ("mkfs.ext4", "mount", "umount"):
            if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
                pytest.skip(f"needs {tool} (apt-get install e2fsprogs mount)")
        self._home = pathlib.Path(tempfile.mkdtemp(prefix="eventbusd-disk-"))
        self._image = self._home / "image"
        self.path = self._home / "mounted"
        self.path.mkdir()
        with open(self._image, "wb") as image:
            image.truncate(megabytes * 1024 * 1024)
        run("/sbin/mkfs.ext4", "-q", "-m", "0", str(self._image))
        self._mounted = False
        try:
            self.mount()
        except subprocess.CalledProcessError as error:
            shutil.rmtree(self._home)
            pytest.skip(f"this machine mounts no loop device: {error.stderr.strip()}")

    def mount(self):
        run("mount", "-o", "loop", str(self._image), str(self.path))
        self._mounted = True

    def unmount(self):
        for attempt in range(100):  # a process that was just killed may still be letting go
            try:
                run("umount", str(self.path))
                break
            except subprocess.CalledProcessError:
                if attempt == 99:
                    raise
                time.sleep(0.05)
        self._mounted = False

    def cut_power(self):
        """Every write fails from now on, and what was not synced is gone after the next mount."""
        directory = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(directory)

    def fill(self):
        """Takes all the space there is, in a file that free_space() removes."""
        with open(self.path / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        ballast.write(b"\0" * size)
                except OSError:
                    pass
            os.fsync(ballast.fileno())

    def free_space(self):
        (self.path / "ballast").unlink()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if self._mounted:
            self.unmount()
        shutil.rmtree(self._home, ignore_errors=True)
