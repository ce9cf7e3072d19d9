"""What the build of the image is given: every folder that the build's description names."""

import re

from tree import text


def test_folders_of_the_build_are_in_the_images_context():
    given = {line[1:].rstrip("/") for line in text(".dockerignore").splitlines() if line.startswith("!")}
    named = {match.split("/")[0] for match in re.findall(r"^add_subdirectory\((\S+)\)", text("CMakeLists.txt"), re.MULTILINE)}
    assert named and named <= given, f".dockerignore keeps {sorted(named - given)} out of the image's build"
