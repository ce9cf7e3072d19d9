#!/usr/bin/env python3
"""Writes rules-engine/case_table.inc: the lower- and upper-case forms of every UTF-16 unit that has another form.

AWS compares ignoring case unit by unit with Java's String.toLowerCase/toUpperCase(Locale.ROOT) of one-unit strings: full
mappings (ß -> SS), no context, nothing for surrogates. Python's str.lower/upper of one character are the same mappings.
"""
import pathlib
import unicodedata


def runs():
    """(first, last, stride, lower - c, upper - c) of units whose forms are one unit each."""
    out = []
    for c in range(0x10000):
        if 0xD800 <= c < 0xE000:
            continue
        lower, upper = chr(c).lower(), chr(c).upper()
        if len(lower) != 1 or len(upper) != 1 or (lower == upper == chr(c)):
            continue
        deltas = (ord(lower) - c, ord(upper) - c)
        joined = False
        for i in (1, 2):  # alternating pairs make two interleaved runs
            if len(out) >= i:
                r = out[-i]
                if r[3:] == deltas and c - r[1] in (1, 2) and (r[0] == r[1] or c - r[1] == r[2]):
                    out[-i] = (r[0], c, c - r[1], *deltas)
                    joined = True
                    break
        if not joined:
            out.append((c, c, 1, *deltas))
    return sorted(out)


def specials():
    out = []
    for c in range(0x10000):
        if 0xD800 <= c < 0xE000:
            continue
        lower, upper = chr(c).lower(), chr(c).upper()
        if len(lower) != 1 or len(upper) != 1:
            out.append((c, lower, upper))
    return out


def units(text):
    return ", ".join("0x%04X" % ord(c) for c in text)


def main():
    lines = ["// Written by tools/make_case_table.py from Unicode %s. Do not edit." % unicodedata.unidata_version, "",
             "// first, last, stride, lower - unit, upper - unit", "constexpr CaseRun kCaseRuns[] = {"]
    rows = runs()
    cells = ["{0x%04X, 0x%04X, %d, %d, %d}," % r for r in rows]
    for i in range(0, len(cells), 3):
        lines.append("    " + " ".join(cells[i:i + 3]))
    lines += ["};", "", "// unit, lower, upper", "constexpr SpecialCase kSpecialCases[] = {"]
    for c, lower, upper in specials():
        lines.append("    {0x%04X, {%s}, {%s}}," % (c, units(lower), units(upper)))
    lines += ["};", ""]
    target = pathlib.Path(__file__).resolve().parent.parent / "rules-engine" / "case_table.inc"
    target.write_text("\n".join(lines))
    print(len(rows), "runs,", len(specials()), "special cases")


if __name__ == "__main__":
    main()
