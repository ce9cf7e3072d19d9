"""One type, one definition. Two classes of one name in one namespace, in different files, are linked into one program without a word from
compiler or linker, and each file then runs the other's constructors: what a file keeps to itself stands in a namespace without a name."""

import re

import pytest

from tree import cpp_files, text

WORDS = re.compile(r"""
      //[^\n]* | /\*.*?\*/                                  # comments
    | R"(?P<end>[^()\s\\]{0,16})\(.*?\)(?P=end)"            # texts, raw ones first
    | "(?:\\.|[^"\\\n])*"
    | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'                  # characters; not the ' of 1'000
    | ^[ \t]*\#(?:\\\n|[^\n])*                              # the preprocessor's lines
""", re.VERBOSE | re.DOTALL | re.MULTILINE)

NAMESPACE = re.compile(r"(?:^|\s)(?:inline\s+)?namespace(?:\s+(?P<name>[\w:]+))?\s*$")
TYPE = re.compile(r"(?:^|[\s>])(?:enum\s+(?:class|struct)|class|struct|union|enum)\s+(?:\[\[.*?\]\]\s*|alignas\s*\([^)]*\)\s*)*"
                  r"(?P<name>\w+(?:::\w+)*)\s*(?:final\s*)?(?::[^:].*)?$", re.DOTALL)
SPECIALISATION = re.compile(r"(?:class|struct)\s+[\w:]+\s*<")


def definitions(source):
    """The full names of the types that a file defines for the whole program to see: none of nameless namespaces, functions, other types."""
    source = WORDS.sub(lambda word: "\n" if word.group(0).startswith(("//", "#")) else " ", source)
    scopes, head = [], []  # of each open brace: a namespace's name, None for a nameless one, False for what is no namespace
    for token in re.split(r"([{};])", source):
        if token == "{":
            before = "".join(head)
            head = []
            if all(scope is not False for scope in scopes):
                if match := NAMESPACE.search(before):
                    scopes.append(match.group("name"))
                    continue
                match = TYPE.search(before)
                if match and None not in scopes and not SPECIALISATION.search(before):
                    yield "::".join([*scopes, match.group("name")])
            scopes.append(False)
        elif token == "}":
            head = []
            if scopes:
                scopes.pop()
        elif token == ";":
            head = []
        else:
            head.append(token)


def clashes(names_by_file):
    """{full name: files} of the types that several of the files define."""
    places = {}
    for path, names in names_by_file.items():
        for name in names:
            places.setdefault(name, []).append(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}


# What is linked together: everything of the product, and each test program or bench with it.
def program_of(path):
    return str(path.parent) if path.parts[0] in ("tests", "bench") else ""


def test_no_two_files_of_a_program_define_the_same_type():
    everything = {path: set(definitions(text(path))) for path in cpp_files()}
    assert sum(len(names) for path, names in everything.items() if not program_of(path)) > 500, "the test finds no types any more"
    found = {}
    for program in sorted({program_of(path) for path in everything}):
        together = {path: names for path, names in everything.items() if program_of(path) in ("", program, "tests/support")}
        found.update({name: sorted({str(path) for path in paths}) for name, paths in clashes(together).items()})
    assert not found, f"put what is a file's own into a namespace without a name: {found}"


ONE = "namespace a::b { struct Fact { int x; }; }"


@pytest.mark.parametrize(("other", "clash"), [
    ("namespace a { namespace b { class Fact final : public Base<int> { }; } }", True),
    ("namespace a::b {\nnamespace {\nstruct Fact { int y; };\n}\n}", False),
    ("namespace a::b { struct Fact; }", False),
    ("namespace a::b { struct Outer { struct Fact { int x; }; }; }", False),
    ("namespace a::b { void f() { struct Fact { int x; }; } }", False),
    ("namespace a { struct Fact { int x; }; }", False),
    ("namespace a::b { enum class Fact : int { kOne }; }", True),
    ("namespace a::b { template <typename T> struct Fact { }; }", True),
    ("namespace a::b { template <> struct Fact<int> { }; }", False),
    ("namespace a::b { // struct Fact {\n const char* t = \"struct Fact {\"; char c = '{'; int n = 1'000; }", False),
    ("namespace a::b { struct Fact parse(struct Fact other) { return other; } }", False),
    ("#define X struct Fact {\nnamespace a::b { const char* r = R\"x(struct Fact { )\" )x\"; }", False),
])
def test_it_sees_what_is_a_second_definition_and_what_is_none(other, clash):
    assert bool(clashes({"one.h": set(definitions(ONE)), "other.cpp": set(definitions(other))})) is clash
