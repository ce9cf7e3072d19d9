"""Links in the documentation lead somewhere: files, folders and headings."""

import re

import pytest

from tree import PROJECT, files, text

PAGES = files(".md")


def without_code(page):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL))


def anchors(page):
    """GitHub's anchor of each heading."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    names = set()
    for heading in headings:
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        names.add(plain)
    return names


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_of_a_page_resolve(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (PROJECT / page.parent / path).resolve() if path else PROJECT / page
        if not file.exists():
            broken.append(f"{target}: no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            broken.append(f"{target}: no such heading")
    assert not broken, "\n" + "\n".join(broken)


def test_the_pages_are_there():
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= {str(page) for page in PAGES}


def test_every_page_of_docs_is_linked_from_somewhere():
    linked = set()
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s#]+)", text(page)):
            if not re.match(r"[a-z]+:", target):
                linked.add((PROJECT / page.parent / target).resolve())
    lonely = [str(page) for page in PAGES if page.parts[0] == "docs" and (PROJECT / page) not in linked
              and (PROJECT / page).parent not in linked]
    assert lonely == []
